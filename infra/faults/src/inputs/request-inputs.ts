import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { Choices } from '../requests/choices.ts';
import { breakBody, flipBytes } from './break-body.ts';
import type { Ending, Input } from './input.ts';
import { brokenUuid, spellUuid } from './spell-id.ts';
import { asJson, strangeName, strangeValue, writeObject, type Field } from './write-json.ts';

/** A person by every name, and the shop of their merchant. */
export interface Person {
  merchantId: string;
  customerId: string;
  /** gid://shopify/Customer/N. */
  externalId: string;
  /** Of some alone: encrypting one takes long. */
  email?: string;
  shop: string;
}

/** A record of gdpr_request.created for a person whom no other one names. */
export function requestInput(person: Person, choices: Choices): Input {
  if (choices.seldom(8)) return broken(person, choices);
  if (choices.seldom(4)) return spoiled(person, choices);
  if (choices.seldom(10)) return asking(person, choices);
  return erasing(person, choices);
}

const REDACTS = ['"redact"', '"REDACT"', '"customers/redact"', '"Redact "', '"customerRedact"', '""', 'null'];
const ASKS = ['"data_request"', '"customers/data_request"', '"DATA_REQUEST"', '"dataRequest"'];
const OTHERS = [
  '"forget"',
  '"delete"',
  '7',
  'true',
  '{}',
  '["redact"]',
  '"re\\u0000dact"',
  asJson('x'.repeat(70)),
];

function erasing(person: Person, choices: Choices): Input {
  const fields = [
    ...ids(choices),
    ...whose(person, choices),
    ...named(person, choices),
    ...kind(REDACTS, choices),
  ];
  return input(person, write(fields, choices), 'an erasure', {
    how: 'erased',
    customerId: person.customerId,
  });
}

function asking(person: Person, choices: Choices): Input {
  const requestId = randomUUID();
  const fields: Field[] = [
    ['request_id', asJson(requestId)],
    ...whose(person, choices),
    ...named(person, choices),
    ['kind', choices.one(ASKS)],
  ];
  return input(person, write(fields, choices), 'a question', { how: 'asked', requestId });
}

function broken(person: Person, choices: Choices): Input {
  const body = write([['merchant_id', asJson(person.merchantId)], ...named(person, choices)], choices);
  if (choices.seldom(3)) return input(person, flipBytes(body, choices), 'other bytes', { how: 'somehow' });
  const { value, note } = breakBody(body, choices);
  return input(person, value, note, { how: 'refused' });
}

/** Whose request it is, or what is asked for, or who is meant cannot be read. */
function spoiled(person: Person, choices: Choices): Input {
  const requestId = randomUUID();
  const merchant: Field[] = [['merchant_id', spellUuid(person.merchantId, choices)]];
  const [note, fields] = choices.one<() => [string, Field[]]>([
    () => ['no merchant', [...named(person, choices), ['merchant_id', choices.one(['null', '""', '" "'])]]],
    () => [
      'a merchant that is none',
      [...named(person, choices), ['merchant_id', brokenUuid(person.merchantId, choices)]],
    ],
    () => [
      'a shop that nobody has',
      [...named(person, choices), ['shop_domain', asJson(`s${choices.below(1e9)}.myshopify.com`)]],
    ],
    () => ['a kind that is none', [...merchant, ...named(person, choices), ['kind', choices.one(OTHERS)]]],
    () => ['nobody', [...merchant, ['email', choices.one(['null', '""', '" "'])]]],
    () => ['an id that is none', [...merchant, ['customer_id', brokenUuid(person.customerId, choices)]]],
    () => [
      'an id that is none, and an email',
      [...merchant, ['customer_id', '42'], ['email', '"nobody@example.com"']],
    ],
    () => [
      'a name of another form',
      [...merchant, [choices.one(['external_id', 'email']), choices.one(['{}', '[]', 'true'])]],
    ],
    () => ['a long name', [...merchant, ['external_id', asJson('7'.repeat(300))]]],
  ])();
  return input(person, write([['request_id', asJson(requestId)], ...fields], choices), note, {
    how: 'refused',
    requestId,
  });
}

/** By one of the names at least; what else stands there does not count. */
function named({ customerId, externalId, email }: Person, choices: Choices): Field[] {
  const shopify: Field[] = [
    ['admin_graphql_api_id', asJson(externalId)],
    ['id', choices.one(['null', asJson(externalId)])],
    ['email', strangeValue(choices)],
    ['phone', strangeValue(choices)],
  ];
  const ways: Field[][] = [
    [['customer_id', spellUuid(customerId, choices)]],
    [
      ['customer_id', spellUuid(customerId, choices)],
      ['external_id', choices.one(['null', '""', '{}', 'true'])],
    ],
    [
      ['customer_id', spellUuid(customerId, choices)],
      ['email', strangeValue(choices)],
    ],
    [['external_id', asJson(choices.one([externalId, ` ${externalId} `]))]],
    [['customer_id', asJson(externalId)]],
    [
      ['customer_id', 'null'],
      ['external_id', asJson(externalId)],
      ['email', 'null'],
    ],
    [
      ['customer', writeObject(shopify, choices)],
      ['orders_to_redact', choices.one(['null', '[]', '[1,2]'])],
    ],
  ];
  if (email) ways.push([['email', asJson(choices.one([email, email.toUpperCase(), ` ${email}`]))]]);
  return choices.one(ways);
}

const whose = ({ merchantId, shop }: Person, choices: Choices): Field[] =>
  choices.seldom(6)
    ? [['shop_domain', asJson(choices.one([shop, shop.toUpperCase(), ` ${shop}`]))]]
    : [['merchant_id', spellUuid(merchantId, choices)]];

const ids = (choices: Choices): Field[] =>
  ['event_id', 'request_id'].flatMap((name): Field[] =>
    choices.seldom(4)
      ? [
          [
            name,
            choices.one([
              'null',
              '{}',
              'true',
              String(choices.below(1e15)),
              asJson(`${randomUUID()}${'x'.repeat(300)}`),
            ]),
          ],
        ]
      : choices.seldom(4)
        ? []
        : [[name, asJson(randomUUID())]],
  );

const kind = (of: readonly string[], choices: Choices): Field[] =>
  choices.seldom(3) ? [] : [['kind', choices.one(of)]];

/** With fields that nobody reads. */
const write = (fields: readonly Field[], choices: Choices): string =>
  writeObject(
    [
      ...Array.from({ length: choices.below(4) }, (): Field => [strangeName(choices), strangeValue(choices)]),
      ['occurred_at', strangeValue(choices)],
      ...fields,
    ],
    choices,
  );

const input = ({ customerId }: Person, value: string | Buffer | null, note: string, ends: Ending): Input => ({
  record: { topic: Topic.gdprRequestCreated, key: customerId, headers: {}, value },
  note,
  ends,
});
