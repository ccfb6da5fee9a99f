import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { Choices } from '../requests/choices.ts';
import { breakBody, flipBytes } from './break-body.ts';
import type { Ending, Input } from './input.ts';
import { brokenUuid, spellUuid } from './spell-id.ts';
import { asJson, strangeName, strangeValue, writeObject, type Field } from './write-json.ts';
import { someTime, storedTime, writeTime } from './write-time.ts';

export interface Scored {
  merchantId: string;
  customerId: string;
}

interface Score {
  digits: [number, number, number];
  nanos: bigint;
  sequence: bigint | undefined;
}

/** One or two records of rfm.updated for a customer who has no score; of two the newer one must be stored. */
export function scoreInputs(of: Scored, choices: Choices): Input[] {
  const score: Score = {
    digits: [1 + choices.below(5), 1 + choices.below(5), 1 + choices.below(5)],
    nanos: someTime(choices),
    // Beyond 2^53, and below the nanoseconds of today.
    sequence: choices.seldom(2) ? 2n ** 53n + BigInt(choices.below(1e9)) * 1_000_000_007n : undefined,
  };
  if (choices.seldom(5)) return pair(of, score, choices);
  if (choices.seldom(3)) return [spoiled(of, score, choices)];
  return [whole(of, score, choices)];
}

/** They differ by the least that there is. */
function pair(of: Scored, older: Score, choices: Choices): Input[] {
  const newer: Score =
    older.sequence === undefined
      ? { ...older, nanos: older.nanos + 1n, digits: [5, 5, 5] }
      : { ...older, sequence: older.sequence + 1n, digits: [5, 5, 5] };
  const inputs = [whole(of, newer, choices), { ...whole(of, older, choices), ends: SOMEHOW }];
  return choices.seldom(2) ? inputs.reverse() : inputs;
}

const SOMEHOW: Ending = { how: 'somehow' };

function whole(of: Scored, score: Score, choices: Choices): Input {
  const { digits, nanos, sequence } = score;
  const stored = {
    score: digits.join(''),
    as_of: storedTime(nanos),
    ...(sequence === undefined ? {} : { sequence: String(sequence) }),
  };
  const ends: Ending = { how: 'scored', customerId: of.customerId, score: stored };
  return input(of, bodyOf(of, score, choices), 'a score', ends);
}

function spoiled(of: Scored, score: Score, choices: Choices): Input {
  if (choices.seldom(3)) {
    const { value, note } = breakBody(bodyOf(of, score, choices), choices);
    return input(of, value, note, { how: 'refused' });
  }
  if (choices.seldom(4))
    return input(of, flipBytes(bodyOf(of, score, choices), choices), 'other bytes', SOMEHOW);
  const [note, changed] = choices.one(SPOILS)(of, choices);
  return input(of, bodyOf(of, score, choices, changed), note, { how: 'refused' });
}

/** What is put in the place of a field; undefined: it is left out. */
type Changed = Readonly<Record<string, string | undefined>>;
type Spoil = (of: Scored, choices: Choices) => [note: string, changed: Changed];

const part = (choices: Choices) => choices.one(['recency', 'frequency', 'monetary']);

const SPOILS: readonly Spoil[] = [
  (of, choices) => ['a merchant that is no UUID', { merchant_id: brokenUuid(of.merchantId, choices) }],
  (of, choices) => ['a customer that is no UUID', { customer_id: brokenUuid(of.customerId, choices) }],
  () => ['no merchant', { merchant_id: undefined }],
  () => ['a customer nobody knows', { customer_id: asJson(randomUUID()) }],
  (_, choices) => ['no score', { rfm_score: choices.one([undefined, 'null', '"555"', '[5,5,5]', '555']) }],
  (_, choices) => ['a part out of range', { [part(choices)]: choices.one(['0', '6', '-1', '1e9', '"7"']) }],
  (_, choices) => [
    'a part that is none',
    { [part(choices)]: choices.one(['1.5', 'true', '"high"', '{}', 'null', '1e-1']) },
  ],
  (_, choices) => [
    'a time that is none',
    { as_of: choices.one(['null', '17', '"soon"', '{}', 'true', '"2026-02-30T00:00:00Z"', '1e30']) },
  ],
  () => ['a time to come', { as_of: '"2099-01-01T00:00:00Z"' }],
  () => ['a time finer than nanoseconds', { as_of: '"2026-01-02T00:00:00.0000000001Z"' }],
  (_, choices) => [
    'a sequence beyond 64 bits',
    { sequence: choices.one(['9223372036854775808', '"-9223372036854775809"', '1e400']) },
  ],
  (_, choices) => ['a sequence that is none', { sequence: choices.one(['1.5', '"many"', 'true', '[]']) }],
  (_, choices) => [
    'a segment that is none',
    { segment: choices.one(['{}', '["x"]', 'true', '"a\\nb"', '"\\u0000"', '"\\ud800"']) },
  ],
  (_, choices) => ['a long segment', { segment: asJson('x'.repeat(choices.one([65, 100, 100_000]))) }],
  (_, choices) => ['a long event_id', { event_id: asJson('x'.repeat(256 + choices.below(10_000))) }],
];

function bodyOf(
  of: Scored,
  { digits, nanos, sequence }: Score,
  choices: Choices,
  changed: Changed = {},
): string {
  const [recency, frequency, monetary] = digits;
  const number = (value: number | bigint) =>
    choices.one([String(value), String(value), asJson(String(value)), `${value}.0`, `"+${value}"`]);
  const score: Field[] = [
    ['recency', number(recency)],
    ['frequency', number(frequency)],
    ['monetary', number(monetary)],
    ['as_of', writeTime(nanos, choices)],
    ...(sequence === undefined ? [] : [['sequence', number(sequence)] as const]),
    ...(choices.seldom(3) ? [['segment', choices.one(['"GOLD"', '7', 'null', '" VIP "'])] as const] : []),
    ...(choices.seldom(3) ? [['config_version', choices.one(['3', '"3"', 'null'])] as const] : []),
    ...strangers(choices),
  ];
  const body: Field[] = [
    ['event_id', choices.one([asJson(randomUUID()), String(choices.below(1e15))])],
    ['merchant_id', spellUuid(of.merchantId, choices)],
    ['customer_id', spellUuid(of.customerId, choices)],
    ['rfm_score', writeObject(put(score, changed), choices)],
    ['occurred_at', strangeValue(choices)],
    ...strangers(choices),
  ];
  return writeObject(put(body, changed), choices);
}

const strangers = (choices: Choices): Field[] =>
  Array.from({ length: choices.below(3) }, () => [strangeName(choices), strangeValue(choices)]);

const OF_THE_SCORE = ['recency', 'frequency', 'monetary', 'as_of', 'sequence', 'segment'];

function put(fields: readonly Field[], changed: Changed): Field[] {
  const isScore = fields.some(([name]) => name === 'recency');
  const mine = Object.entries(changed).filter(([name]) => OF_THE_SCORE.includes(name) === isScore);
  const kept = fields.filter(([name]) => !mine.some(([other]) => other === name));
  return [...kept, ...mine.flatMap(([name, json]) => (json === undefined ? [] : [[name, json] as const]))];
}

const input = ({ customerId }: Scored, value: string | Buffer | null, note: string, ends: Ending): Input => ({
  record: { topic: Topic.rfmUpdated, key: customerId, headers: {}, value },
  note,
  ends,
});
