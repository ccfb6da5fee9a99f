import { expectAll, expectEach, type Section } from '../case.ts';
import { scores } from '../entry-points/records.ts';
import { connectCalls } from '../entry-points/connect-calls.ts';

const FIRST = '"recency": 1, "frequency": 1, "monetary": 1';
const SECOND = '"recency": 2, "frequency": 2, "monetary": 2';
const scoreFields = (parts: string, time: string) => `{${parts}, "as_of": ${time}}`;
const scoreWithSequence = (parts: string, sequence: string) =>
  scoreFields(parts, `"2026-01-02T01:00:00Z", "sequence": ${sequence}`);
const THIRD = '"recency": 5, "frequency": 4, "monetary": 5';
const scoreAt = (time: string) => [scoreFields(THIRD, time)];
const scoreWith = (fields: string) => [scoreFields(`${THIRD}, ${fields}`, '"2026-01-02T00:00:00Z"')];
const deadLetter = (field: string, words: string) => `dead letter invalid: ${field}: ${words}`;
const textOfLength = (n: number) => JSON.stringify('x'.repeat(n));

const TIMES = [
  ['"2026-01-02T01:00:00.123100Z"', '"2026-01-02T01:00:00.123400Z"'],
  ['"2026-01-02T01:00:00.123456788Z"', '"2026-01-02T01:00:00.123456789Z"'],
  ['"2026-01-02T01:00:00Z"', '"2026-01-02T01:00:00.000000001Z"'],
  ['"2026-01-02T01:00:00"', '"2026-01-02 01:00:00.1"'],
  ['"2026-01-02T03:00:00+02:00"', '"2026-01-02T01:00:00.5Z"'],
  ['1767312000', '1767312000.000000001'],
  ['1767312000000', '1767312000000001'],
  ['1767312000123456788', '1767312000123456789'],
] as const;

const SEQUENCES = [
  ['9007199254740992', '9007199254740993'],
  ['"9007199254740992"', '9007199254740993'],
  ['9007199254740993', '"+9007199254740994"'],
  ['1e3', '1001'],
  ['17', '18.0'],
] as const;

export const order: Section = {
  title: '3. Order of scores, and limits of fields',
  groups: [
    expectAll(
      scores,
      'applied 222',
      TIMES.map(([older, newer]) => [scoreFields(FIRST, older), scoreFields(SECOND, newer)]),
    ),
    expectAll(
      scores,
      'applied 222',
      TIMES.map(([older, newer]) => [scoreFields(SECOND, newer), scoreFields(FIRST, older)]),
    ),
    expectAll(
      scores,
      'applied 222',
      SEQUENCES.map(([older, newer]) => [scoreWithSequence(FIRST, older), scoreWithSequence(SECOND, newer)]),
    ),
    expectAll(
      scores,
      'applied 222',
      SEQUENCES.map(([older, newer]) => [scoreWithSequence(SECOND, newer), scoreWithSequence(FIRST, older)]),
    ),
    expectEach(scores, [
      [
        [scoreFields(FIRST, '"2026-01-02T01:00:00Z"'), scoreFields(SECOND, '"2026-01-02T01:00:00.000Z"')],
        'applied 111',
      ],
      [[scoreWithSequence(FIRST, '7'), scoreWithSequence(SECOND, '"7"')], 'applied 111'],
      [scoreWith('"segment": "LOYAL"'), 'applied 545'],
      [scoreWith(`"segment": ${textOfLength(64)}`), 'applied 545'],
      [
        scoreWith(`"segment": ${textOfLength(65)}`),
        deadLetter('rfm_score.segment', 'must have at most 64 characters'),
      ],
      [
        scoreWith(`"segment": ${textOfLength(100_000)}`),
        deadLetter('rfm_score.segment', 'must have at most 64 characters'),
      ],
      [
        scoreWith('"segment": "a\\u0000"'),
        deadLetter('rfm_score.segment', 'must consist of visible characters'),
      ],
      [
        scoreWith('"segment": "\\ud83d"'),
        deadLetter('rfm_score.segment', 'must consist of visible characters'),
      ],
      [
        scoreWith('"segment": "a\\u2028b"'),
        deadLetter('rfm_score.segment', 'must consist of visible characters'),
      ],
      [
        scoreWith('"segment": "\\u3164"'),
        deadLetter('rfm_score.segment', 'must consist of visible characters'),
      ],
      [scoreWith('"segment": "\\u2764\\ufe0f"'), 'applied 545'],
      [scoreWith('"segment": "\\ud83d\\ude00"'), 'applied 545'],
      [scoreWith('"segment": ["LOYAL"]'), deadLetter('rfm_score.segment', 'must be a string or a number')],
      [
        scoreWith('"sequence": 9223372036854775808'),
        deadLetter('rfm_score.sequence', 'must fit into 64 bits: at most 9223372036854775807'),
      ],
      [scoreWith('"sequence": 1.5'), deadLetter('rfm_score.sequence', 'must be a whole number')],
      [scoreAt('"2026-01-02T01:00:00.1234567891Z"'), deadLetter('rfm_score.as_of', 'must be a time like …')],
      [scoreAt('"2026-02-30T00:00:00Z"'), deadLetter('rfm_score.as_of', 'must be a time like …')],
      [scoreAt('"2099-01-01T00:00:00Z"'), deadLetter('rfm_score.as_of', '…')],
      [scoreWith('"as_of": "2026-01-02T01:00:00Z"'), deadLetter('rfm_score.as_of', 'must be given once')],
    ]),
    expectEach(connectCalls, [
      [
        [['CreateCustomer', `{"email": "ada@example.com", "externalId": ${textOfLength(255)}}`]],
        'created #1',
      ],
      [
        [['CreateCustomer', `{"email": "ada@example.com", "externalId": ${textOfLength(256)}}`]],
        'invalid_argument: external_id: must be 1 to 255 visible characters',
      ],
      [
        [['CreateCustomer', '{"email": "ada@example.com", "externalId": "a\\u0007"}']],
        'invalid_argument: external_id: must be 1 to 255 visible characters',
      ],
      [
        [['CreateCustomer', '{"email": "ada@example.com", "externalId": "\\u2800"}']],
        'invalid_argument: external_id: must be 1 to 255 visible characters',
      ],
      [[['CreateCustomer', '{"email": "\\u3164@example.com"}']], 'invalid_argument: email: …'],
      [
        [['ListCustomers', `{"filter": {"segment": ${textOfLength(65)}}}`]],
        'invalid_argument: filter.segment: …',
      ],
    ]),
  ],
  specs: [
    [
      '1,000 customers with the longest valid rows fit into a response',
      'apps/api/test/list-customers.spec.ts',
    ],
  ],
};
