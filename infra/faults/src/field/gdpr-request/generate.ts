import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { Choices } from '../../requests/choices.ts';
import { raw, respell, toText, type Json, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { flipBytes, spoil } from '../mutate/spoil.ts';
import { strangeName, strangeValue } from '../mutate/strange.ts';
import { ANY_END, type Ending, type RecordInput } from '../records/input.ts';
import type { Person } from '../records/make-people.ts';
import { brokenUuid, spellUuid } from '../records/spell-id.ts';

/** Generates a record of gdpr_request.created for a person that no other record names. */
export function requestInput(person: Person, choices: Choices): RecordInput {
  if (choices.oneIn(8)) return broken(person, choices);
  if (choices.oneIn(4)) return spoiled(person, choices);
  if (choices.oneIn(10)) return asking(person, choices);
  return erasing(person, choices);
}

const REDACTS = ['redact', 'REDACT', 'customers/redact', 'Redact ', 'customerRedact', '', null];
const ASKS = ['data_request', 'customers/data_request', 'DATA_REQUEST', 'dataRequest'];
const OTHERS: Json[] = ['forget', 'delete', 7, true, {}, ['redact'], 're\u0000dact', 'x'.repeat(70)];

function erasing(person: Person, choices: Choices): RecordInput {
  const { customerId } = person;
  return written(person, erasureOf(person, choices), choices, 'an erasure', { end: 'applied', customerId });
}

const erasureOf = (person: Person, choices: Choices): JsonObject => ({
  ...ids(choices),
  ...bodyOf(person, choices),
});

const bodyOf = (person: Person, choices: Choices): JsonObject => ({
  ...merchantFields(person, choices),
  ...named(person, choices),
  ...(choices.oneIn(3) ? {} : { kind: choices.one<Json>(REDACTS) }),
});

function asking(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const fields: JsonObject = {
    request_id: requestId,
    ...merchantFields(person, choices),
    ...named(person, choices),
    kind: choices.one(ASKS),
  };
  return written(person, fields, choices, 'a data request', { end: 'pending', requestId });
}

function broken(person: Person, choices: Choices): RecordInput {
  const fields: JsonObject = { merchant_id: person.merchantId, ...named(person, choices) };
  const text = toText(fields);
  if (choices.oneIn(3)) return input(person, flipBytes(choices, Buffer.from(text)), 'other bytes', ANY_END);
  if (choices.oneIn(2)) {
    return written(
      person,
      { ...ids(choices), ...mutateFields(choices, bodyOf(person, choices)) },
      choices,
      'mutated fields',
      ANY_END,
    );
  }
  const { bytes, note } = spoil(choices, text);
  return input(person, bytes, note, { end: 'dead letter' });
}

/** Generates a request whose merchant, kind or person is unreadable. */
function spoiled(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const merchant: JsonObject = { merchant_id: spellUuid(person.merchantId, choices) };
  const [note, fields] = choices.one<() => [string, JsonObject]>([
    () => ['no merchant', { ...named(person, choices), merchant_id: choices.one([null, '', ' ']) }],
    () => [
      'an invalid merchant',
      { ...named(person, choices), merchant_id: brokenUuid(person.merchantId, choices) },
    ],
    () => [
      'an unknown shop',
      { ...named(person, choices), shop_domain: `s${choices.below(1e9)}.myshopify.com` },
    ],
    () => ['an invalid kind', { ...merchant, ...named(person, choices), kind: choices.one(OTHERS) }],
    () => ['no person', { ...merchant, email: choices.one([null, '', ' ']) }],
    () => ['an invalid id', { ...merchant, customer_id: brokenUuid(person.customerId, choices) }],
    () => ['an invalid id, and an email', { ...merchant, customer_id: 42, email: 'nobody@example.com' }],
    () => [
      'a name of another type',
      { ...merchant, [choices.one(['external_id', 'email'])]: choices.one<Json>([{}, [], true]) },
    ],
    () => ['a long name', { ...merchant, external_id: '7'.repeat(300) }],
  ])();
  const ends: Ending = { end: 'dead letter' };
  return written(person, { request_id: requestId, ...fields }, choices, note, ends);
}

/** Names the person by at least one identifier; its other fields are ignored. */
function named({ customerId, externalId, email }: Person, choices: Choices): JsonObject {
  const shopify: JsonObject = {
    admin_graphql_api_id: externalId,
    id: choices.one([null, externalId]),
    email: strangeValue(choices),
    phone: strangeValue(choices),
  };
  const ways: JsonObject[] = [
    { customer_id: spellUuid(customerId, choices) },
    { customer_id: spellUuid(customerId, choices), external_id: choices.one<Json>([null, '', {}, true]) },
    { customer_id: spellUuid(customerId, choices), email: strangeValue(choices) },
    { external_id: choices.one([externalId, ` ${externalId} `]) },
    { external_id: raw(externalId.slice(externalId.lastIndexOf('/') + 1)) },
    { customer_id: externalId },
    { customer_id: null, external_id: externalId, email: null },
    { customer: shopify, orders_to_redact: choices.one<Json>([null, [], [1, 2]]) },
  ];
  if (email) ways.push({ email: choices.one([email, email.toUpperCase(), ` ${email}`]) });
  return choices.one(ways);
}

const merchantFields = ({ merchantId, shop }: Person, choices: Choices): JsonObject =>
  choices.oneIn(6)
    ? { shop_domain: choices.one([shop, shop.toUpperCase(), ` ${shop}`]) }
    : { merchant_id: spellUuid(merchantId, choices) };

/**
 * Generates optional ids: a request without them, or with invalid ones, is identified by its position. They
 * are not mutated further: if two requests had the same id, the later one would complete the earlier one,
 * like a request that is sent again.
 */
const ids = (choices: Choices): JsonObject =>
  Object.fromEntries(
    ['event_id', 'request_id'].flatMap((name): [string, Json][] => {
      if (choices.oneIn(4)) {
        return [
          [
            name,
            choices.one<Json>([null, {}, true, choices.below(1e15), `${randomUUID()}${'x'.repeat(300)}`]),
          ],
        ];
      }
      return choices.oneIn(4) ? [] : [[name, randomUUID()]];
    }),
  );

/** Adds unused fields. */
const written = (
  person: Person,
  fields: JsonObject,
  choices: Choices,
  note: string,
  ends: Ending,
): RecordInput => {
  const unused = Array.from({ length: choices.below(4) }, (): [string, Json] => [
    strangeName(choices),
    strangeValue(choices),
  ]);
  const body = { ...Object.fromEntries(unused), occurred_at: strangeValue(choices), ...fields };
  return input(person, respell(choices, body, { camel: true }), note, ends);
};

const input = ({ customerId }: Person, value: Buffer | null, note: string, ends: Ending): RecordInput => ({
  record: { topic: Topic.gdprRequestCreated, key: customerId, headers: {}, value },
  note,
  ends,
});
