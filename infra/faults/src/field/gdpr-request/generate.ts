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

/** A record of gdpr_request.created for a person that no other record names. */
export function requestInput(person: Person, choices: Choices): RecordInput {
  if (choices.seldom(8)) return broken(person, choices);
  if (choices.seldom(4)) return spoiled(person, choices);
  if (choices.seldom(10)) return asking(person, choices);
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
  ...whose(person, choices),
  ...named(person, choices),
  ...(choices.seldom(3) ? {} : { kind: choices.one<Json>(REDACTS) }),
});

function asking(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const fields: JsonObject = {
    request_id: requestId,
    ...whose(person, choices),
    ...named(person, choices),
    kind: choices.one(ASKS),
  };
  return written(person, fields, choices, 'a question', { end: 'pending', requestId });
}

function broken(person: Person, choices: Choices): RecordInput {
  const fields: JsonObject = { merchant_id: person.merchantId, ...named(person, choices) };
  const text = toText(fields);
  if (choices.seldom(3)) return input(person, flipBytes(choices, Buffer.from(text)), 'other bytes', ANY_END);
  if (choices.seldom(2)) {
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

/** A request whose merchant, kind or person cannot be read. */
function spoiled(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const merchant: JsonObject = { merchant_id: spellUuid(person.merchantId, choices) };
  const [note, fields] = choices.one<() => [string, JsonObject]>([
    () => ['no merchant', { ...named(person, choices), merchant_id: choices.one([null, '', ' ']) }],
    () => [
      'a merchant that is none',
      { ...named(person, choices), merchant_id: brokenUuid(person.merchantId, choices) },
    ],
    () => [
      'a shop that nobody has',
      { ...named(person, choices), shop_domain: `s${choices.below(1e9)}.myshopify.com` },
    ],
    () => ['a kind that is none', { ...merchant, ...named(person, choices), kind: choices.one(OTHERS) }],
    () => ['nobody', { ...merchant, email: choices.one([null, '', ' ']) }],
    () => ['an id that is none', { ...merchant, customer_id: brokenUuid(person.customerId, choices) }],
    () => ['an id that is none, and an email', { ...merchant, customer_id: 42, email: 'nobody@example.com' }],
    () => [
      'a name of another form',
      { ...merchant, [choices.one(['external_id', 'email'])]: choices.one<Json>([{}, [], true]) },
    ],
    () => ['a long name', { ...merchant, external_id: '7'.repeat(300) }],
  ])();
  const ends: Ending = { end: 'dead letter' };
  return written(person, { request_id: requestId, ...fields }, choices, note, ends);
}

/** Names the person by at least one identifier; other fields do not count. */
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

const whose = ({ merchantId, shop }: Person, choices: Choices): JsonObject =>
  choices.seldom(6)
    ? { shop_domain: choices.one([shop, shop.toUpperCase(), ` ${shop}`]) }
    : { merchant_id: spellUuid(merchantId, choices) };

/**
 * Ids that nobody needs: a request without them, or with others, is known by its position. They are not
 * mutated further: with one id twice, the later request would complete the earlier one, as a request that is
 * sent again does.
 */
const ids = (choices: Choices): JsonObject =>
  Object.fromEntries(
    ['event_id', 'request_id'].flatMap((name): [string, Json][] => {
      if (choices.seldom(4)) {
        return [
          [
            name,
            choices.one<Json>([null, {}, true, choices.below(1e15), `${randomUUID()}${'x'.repeat(300)}`]),
          ],
        ];
      }
      return choices.seldom(4) ? [] : [[name, randomUUID()]];
    }),
  );

/** With fields that nobody reads. */
const written = (
  person: Person,
  fields: JsonObject,
  choices: Choices,
  note: string,
  ends: Ending,
): RecordInput => {
  const strangers = Array.from({ length: choices.below(4) }, (): [string, Json] => [
    strangeName(choices),
    strangeValue(choices),
  ]);
  const body = { ...Object.fromEntries(strangers), occurred_at: strangeValue(choices), ...fields };
  return input(person, respell(choices, body, { camel: true }), note, ends);
};

const input = ({ customerId }: Person, value: Buffer | null, note: string, ends: Ending): RecordInput => ({
  record: { topic: Topic.gdprRequestCreated, key: customerId, headers: {}, value },
  note,
  ends,
});
