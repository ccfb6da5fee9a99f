import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { Choices } from '../../requests/choices.ts';
import { raw, varyJson, toText, type Json, type JsonObject } from '../mutate/json.ts';
import { mutateFields } from '../mutate/mutate-fields.ts';
import { flipBytes, corruptBody } from '../mutate/corrupt-body.ts';
import { fuzzName, fuzzValue } from '../mutate/fuzz-values.ts';
import { ANY_OUTCOME, type ExpectedOutcome, type RecordInput } from '../records/input.ts';
import { invalidUuid, varyUuid } from '../records/vary-uuid.ts';
import { randomTime, storedTime, writeTime } from './write-time.ts';

export interface ScoredCustomer {
  merchantId: string;
  customerId: string;
}

interface Score {
  digits: [number, number, number];
  nanos: bigint;
  sequence: bigint | undefined;
}

/**
 * Generates one or two records of rfm.updated for a customer without a score; the newer of two must be
 * stored.
 */
export function scoreInputs(customer: ScoredCustomer, choices: Choices): RecordInput[] {
  const score: Score = {
    digits: [1 + choices.below(5), 1 + choices.below(5), 1 + choices.below(5)],
    nanos: randomTime(choices),
    // Beyond 2^53, and below the nanoseconds of today.
    sequence: choices.oneIn(2) ? 2n ** 53n + BigInt(choices.below(1e9)) * 1_000_000_007n : undefined,
  };
  if (choices.oneIn(5)) return scorePair(customer, score, choices);
  if (choices.oneIn(3)) return [invalidScore(customer, score, choices)];
  return [validScore(customer, score, choices)];
}

/** Generates two records with the smallest possible difference. */
function scorePair(customer: ScoredCustomer, older: Score, choices: Choices): RecordInput[] {
  const newer: Score =
    older.sequence === undefined
      ? { ...older, nanos: older.nanos + 1n, digits: [5, 5, 5] }
      : { ...older, sequence: older.sequence + 1n, digits: [5, 5, 5] };
  const inputs = [
    validScore(customer, newer, choices),
    { ...validScore(customer, older, choices), expected: ANY_OUTCOME },
  ];
  return choices.oneIn(2) ? inputs.reverse() : inputs;
}

function validScore(customer: ScoredCustomer, score: Score, choices: Choices): RecordInput {
  const { digits, nanos, sequence } = score;
  const stored = {
    score: digits.join(''),
    as_of: storedTime(nanos),
    ...(sequence === undefined ? {} : { sequence: String(sequence) }),
  };
  const expected: ExpectedOutcome = { outcome: 'applied', customerId: customer.customerId, score: stored };
  return inputOf(customer, bodyOf(customer, score, choices), choices, 'a score', expected);
}

function invalidScore(customer: ScoredCustomer, score: Score, choices: Choices): RecordInput {
  const body = bodyOf(customer, score, choices);
  if (choices.oneIn(3)) {
    const { bytes, note } = corruptBody(choices, toText(body));
    return input(customer, bytes, note, { outcome: 'dead letter' });
  }
  if (choices.oneIn(4))
    return input(customer, flipBytes(choices, Buffer.from(toText(body))), 'other bytes', ANY_OUTCOME);
  if (choices.oneIn(3)) {
    return input(
      customer,
      varyJson(choices, mutateFields(choices, body), { camel: true }),
      'mutated fields',
      ANY_OUTCOME,
    );
  }
  const [note, changed] = choices.one(INVALID_CHANGES)(customer, choices);
  return inputOf(customer, bodyOf(customer, score, choices, changed), choices, note, {
    outcome: 'dead letter',
  });
}

/** New values of fields; undefined: the field is omitted. */
type Changed = Readonly<Record<string, Json | undefined>>;
type InvalidChange = (customer: ScoredCustomer, choices: Choices) => [note: string, changed: Changed];

const part = (choices: Choices) => choices.one(['recency', 'frequency', 'monetary']);
const oneOf = (choices: Choices, ...texts: string[]): Json => raw(choices.one(texts));

const INVALID_CHANGES: readonly InvalidChange[] = [
  (customer, choices) => [
    'a merchant that is not a UUID',
    { merchant_id: invalidUuid(customer.merchantId, choices) },
  ],
  (customer, choices) => [
    'a customer that is not a UUID',
    { customer_id: invalidUuid(customer.customerId, choices) },
  ],
  () => ['no merchant', { merchant_id: undefined }],
  () => ['an unknown customer', { customer_id: randomUUID() }],
  () => ['no score', { rfm_score: undefined }],
  (_, choices) => ['an invalid score', { rfm_score: oneOf(choices, 'null', '"555"', '[5,5,5]', '555') }],
  (_, choices) => ['a part out of range', { [part(choices)]: oneOf(choices, '0', '6', '-1', '1e9', '"7"') }],
  (_, choices) => [
    'an invalid part',
    { [part(choices)]: oneOf(choices, '1.5', 'true', '"high"', '{}', 'null', '1e-1') },
  ],
  (_, choices) => [
    'an invalid time',
    { as_of: oneOf(choices, 'null', '17', '"soon"', '{}', 'true', '"2026-02-30T00:00:00Z"', '1e30') },
  ],
  () => ['a future time', { as_of: '2099-01-01T00:00:00Z' }],
  () => ['a time finer than nanoseconds', { as_of: '2026-01-02T00:00:00.0000000001Z' }],
  (_, choices) => [
    'a sequence beyond 64 bits',
    { sequence: oneOf(choices, '9223372036854775808', '"-9223372036854775809"', '1e400') },
  ],
  (_, choices) => ['an invalid sequence', { sequence: oneOf(choices, '1.5', '"many"', 'true', '[]') }],
  (_, choices) => [
    'an invalid segment',
    { segment: choices.one<Json>([{}, ['x'], true, 'a\nb', '\u0000', '\ud800']) },
  ],
  (_, choices) => ['a long segment', { segment: 'x'.repeat(choices.one([65, 100, 100_000])) }],
  (_, choices) => ['a long event_id', { event_id: 'x'.repeat(256 + choices.below(10_000)) }],
];

function bodyOf(
  customer: ScoredCustomer,
  { digits, nanos, sequence }: Score,
  choices: Choices,
  changed: Changed = {},
): JsonObject {
  const [recency, frequency, monetary] = digits;
  const number = (value: number | bigint): Json =>
    choices.one<Json>([
      raw(String(value)),
      raw(String(value)),
      String(value),
      raw(`${value}.0`),
      `+${value}`,
    ]);
  const score: Changed = {
    recency: number(recency),
    frequency: number(frequency),
    monetary: number(monetary),
    as_of: raw(writeTime(nanos, choices)),
    sequence: sequence === undefined ? undefined : number(sequence),
    segment: choices.oneIn(3) ? choices.one<Json>(['GOLD', 7, null, ' VIP ']) : undefined,
    config_version: choices.oneIn(3) ? choices.one<Json>([3, '3', null]) : undefined,
    ...unusedFields(choices),
  };
  const body: Changed = {
    event_id: choices.one<Json>([randomUUID(), choices.below(1e15)]),
    merchant_id: varyUuid(customer.merchantId, choices),
    customer_id: varyUuid(customer.customerId, choices),
    rfm_score: put(score, changed, true),
    occurred_at: fuzzValue(choices),
    ...unusedFields(choices),
  };
  return put(body, changed, false);
}

/** Generates fields that no reader uses. */
const unusedFields = (choices: Choices): JsonObject =>
  Object.fromEntries(Array.from({ length: choices.below(3) }, () => [fuzzName(choices), fuzzValue(choices)]));

const SCORE_FIELDS = ['recency', 'frequency', 'monetary', 'as_of', 'sequence', 'segment'];

/** Defines own properties, even with the name __proto__; an assignment would not. */
function put(fields: Changed, changed: Changed, inScore: boolean): JsonObject {
  const relevant = Object.entries(changed).filter(([name]) => SCORE_FIELDS.includes(name) === inScore);
  const all = new Map([...Object.entries(fields), ...relevant]);
  return Object.fromEntries([...all].filter((one): one is [string, Json] => one[1] !== undefined));
}

const inputOf = (
  customer: ScoredCustomer,
  body: JsonObject,
  choices: Choices,
  note: string,
  expected: ExpectedOutcome,
): RecordInput => input(customer, varyJson(choices, body, { camel: true }), note, expected);

const input = (
  { customerId }: ScoredCustomer,
  value: Buffer | null,
  note: string,
  expected: ExpectedOutcome,
): RecordInput => ({
  record: { topic: Topic.rfmUpdated, key: customerId, headers: {}, value },
  note,
  expected,
});
