import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { Choices } from '../../requests/choices.ts';
import { raw, varyJson, toText, type Json, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { flipBytes, corruptBody } from '../mutate/corrupt-body.ts';
import { fuzzName, fuzzValue } from '../mutate/fuzz-values.ts';
import { ANY_OUTCOME, type ExpectedOutcome, type RecordInput } from '../records/input.ts';
import type { Person } from '../records/make-people.ts';
import { invalidUuid, varyUuid } from '../records/vary-uuid.ts';

/** Generates a record of gdpr_request.created for a person that no other record names. */
export function requestInput(person: Person, choices: Choices): RecordInput {
  if (choices.oneIn(8)) return corruptedRequest(person, choices);
  if (choices.oneIn(4)) return invalidRequest(person, choices);
  if (choices.oneIn(10)) return dataRequest(person, choices);
  return erasure(person, choices);
}

const REDACT_KINDS = ['redact', 'REDACT', 'customers/redact', 'Redact ', 'customerRedact', '', null];
const DATA_REQUEST_KINDS = ['data_request', 'customers/data_request', 'DATA_REQUEST', 'dataRequest'];
const INVALID_KINDS: Json[] = ['forget', 'delete', 7, true, {}, ['redact'], 're\u0000dact', 'x'.repeat(70)];

function erasure(person: Person, choices: Choices): RecordInput {
  const { customerId } = person;
  return withUnusedFields(person, erasureFields(person, choices), choices, 'an erasure', {
    outcome: 'applied',
    customerId,
  });
}

const erasureFields = (person: Person, choices: Choices): JsonObject => ({
  ...ids(choices),
  ...bodyOf(person, choices),
});

const bodyOf = (person: Person, choices: Choices): JsonObject => ({
  ...merchantFields(person, choices),
  ...identifiersOf(person, choices),
  ...(choices.oneIn(3) ? {} : { kind: choices.one<Json>(REDACT_KINDS) }),
});

function dataRequest(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const fields: JsonObject = {
    request_id: requestId,
    ...merchantFields(person, choices),
    ...identifiersOf(person, choices),
    kind: choices.one(DATA_REQUEST_KINDS),
  };
  return withUnusedFields(person, fields, choices, 'a data request', { outcome: 'pending', requestId });
}

function corruptedRequest(person: Person, choices: Choices): RecordInput {
  const fields: JsonObject = { merchant_id: person.merchantId, ...identifiersOf(person, choices) };
  const text = toText(fields);
  if (choices.oneIn(3))
    return input(person, flipBytes(choices, Buffer.from(text)), 'other bytes', ANY_OUTCOME);
  if (choices.oneIn(2)) {
    return withUnusedFields(
      person,
      { ...ids(choices), ...mutateFields(choices, bodyOf(person, choices)) },
      choices,
      'mutated fields',
      ANY_OUTCOME,
    );
  }
  const { bytes, note } = corruptBody(choices, text);
  return input(person, bytes, note, { outcome: 'dead letter' });
}

/** Generates a request whose merchant, kind or person is unreadable. */
function invalidRequest(person: Person, choices: Choices): RecordInput {
  const requestId = randomUUID();
  const merchant: JsonObject = { merchant_id: varyUuid(person.merchantId, choices) };
  const [note, fields] = choices.one<() => [string, JsonObject]>([
    () => ['no merchant', { ...identifiersOf(person, choices), merchant_id: choices.one([null, '', ' ']) }],
    () => [
      'an invalid merchant',
      { ...identifiersOf(person, choices), merchant_id: invalidUuid(person.merchantId, choices) },
    ],
    () => [
      'an unknown shop',
      { ...identifiersOf(person, choices), shop_domain: `s${choices.below(1e9)}.myshopify.com` },
    ],
    () => [
      'an invalid kind',
      { ...merchant, ...identifiersOf(person, choices), kind: choices.one(INVALID_KINDS) },
    ],
    () => ['no person', { ...merchant, email: choices.one([null, '', ' ']) }],
    () => ['an invalid id', { ...merchant, customer_id: invalidUuid(person.customerId, choices) }],
    () => ['an invalid id, and an email', { ...merchant, customer_id: 42, email: 'nobody@example.com' }],
    () => [
      'a name of another type',
      { ...merchant, [choices.one(['external_id', 'email'])]: choices.one<Json>([{}, [], true]) },
    ],
    () => ['a long name', { ...merchant, external_id: '7'.repeat(300) }],
  ])();
  const expected: ExpectedOutcome = { outcome: 'dead letter' };
  return withUnusedFields(person, { request_id: requestId, ...fields }, choices, note, expected);
}

/** Names the person by at least one identifier; its other fields are ignored. */
function identifiersOf({ customerId, externalId, email }: Person, choices: Choices): JsonObject {
  const shopify: JsonObject = {
    admin_graphql_api_id: externalId,
    id: choices.one([null, externalId]),
    email: fuzzValue(choices),
    phone: fuzzValue(choices),
  };
  const choicesOfFields: JsonObject[] = [
    { customer_id: varyUuid(customerId, choices) },
    { customer_id: varyUuid(customerId, choices), external_id: choices.one<Json>([null, '', {}, true]) },
    { customer_id: varyUuid(customerId, choices), email: fuzzValue(choices) },
    { external_id: choices.one([externalId, ` ${externalId} `]) },
    { external_id: raw(externalId.slice(externalId.lastIndexOf('/') + 1)) },
    { customer_id: externalId },
    { customer_id: null, external_id: externalId, email: null },
    { customer: shopify, orders_to_redact: choices.one<Json>([null, [], [1, 2]]) },
  ];
  if (email) choicesOfFields.push({ email: choices.one([email, email.toUpperCase(), ` ${email}`]) });
  return choices.one(choicesOfFields);
}

const merchantFields = ({ merchantId, shop }: Person, choices: Choices): JsonObject =>
  choices.oneIn(6)
    ? { shop_domain: choices.one([shop, shop.toUpperCase(), ` ${shop}`]) }
    : { merchant_id: varyUuid(merchantId, choices) };

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
const withUnusedFields = (
  person: Person,
  fields: JsonObject,
  choices: Choices,
  note: string,
  expected: ExpectedOutcome,
): RecordInput => {
  const unused = Array.from({ length: choices.below(4) }, (): [string, Json] => [
    fuzzName(choices),
    fuzzValue(choices),
  ]);
  const body = { ...Object.fromEntries(unused), occurred_at: fuzzValue(choices), ...fields };
  return input(person, varyJson(choices, body, { camel: true }), note, expected);
};

const input = (
  { customerId }: Person,
  value: Buffer | null,
  note: string,
  expected: ExpectedOutcome,
): RecordInput => ({
  record: { topic: Topic.gdprRequestCreated, key: customerId, headers: {}, value },
  note,
  expected,
});
