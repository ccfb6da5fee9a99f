import { allThrough, through, type Section } from '../case.ts';
import { scores } from '../doors/records.ts';
import { calls } from '../doors/rpc.ts';

const FIRST = '"recency": 1, "frequency": 1, "monetary": 1';
const SECOND = '"recency": 2, "frequency": 2, "monetary": 2';
const at = (parts: string, time: string) => `{${parts}, "as_of": ${time}}`;
const ordered = (parts: string, sequence: string) =>
  at(parts, `"2026-01-02T01:00:00Z", "sequence": ${sequence}`);
const THIRD = '"recency": 5, "frequency": 4, "monetary": 5';
const dated = (time: string) => [at(THIRD, time)];
const one = (fields: string) => [at(`${THIRD}, ${fields}`, '"2026-01-02T00:00:00Z"')];
const rule = (field: string, words: string) => `dead letter invalid: ${field}: ${words}`;
const long = (n: number) => JSON.stringify('x'.repeat(n));

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
  title: '3. Newer, older, equal',
  parts: [
    allThrough(
      scores,
      'applied 222',
      TIMES.map(([older, newer]) => [at(FIRST, older), at(SECOND, newer)]),
    ),
    allThrough(
      scores,
      'applied 222',
      TIMES.map(([older, newer]) => [at(SECOND, newer), at(FIRST, older)]),
    ),
    allThrough(
      scores,
      'applied 222',
      SEQUENCES.map(([older, newer]) => [ordered(FIRST, older), ordered(SECOND, newer)]),
    ),
    allThrough(
      scores,
      'applied 222',
      SEQUENCES.map(([older, newer]) => [ordered(SECOND, newer), ordered(FIRST, older)]),
    ),
    through(scores, [
      [[at(FIRST, '"2026-01-02T01:00:00Z"'), at(SECOND, '"2026-01-02T01:00:00.000Z"')], 'applied 111'],
      [[ordered(FIRST, '7'), ordered(SECOND, '"7"')], 'applied 111'],
      [one('"segment": "LOYAL"'), 'applied 545'],
      [one(`"segment": ${long(64)}`), 'applied 545'],
      [one(`"segment": ${long(65)}`), rule('rfm_score.segment', 'must have at most 64 characters')],
      [one(`"segment": ${long(100_000)}`), rule('rfm_score.segment', 'must have at most 64 characters')],
      [one('"segment": "a\\u0000"'), rule('rfm_score.segment', 'must consist of visible characters')],
      [one('"segment": "\\ud83d"'), rule('rfm_score.segment', 'must consist of visible characters')],
      [one('"segment": "a\\u2028b"'), rule('rfm_score.segment', 'must consist of visible characters')],
      [one('"segment": "\\u3164"'), rule('rfm_score.segment', 'must consist of visible characters')],
      [one('"segment": "\\u2764\\ufe0f"'), 'applied 545'],
      [one('"segment": "\\ud83d\\ude00"'), 'applied 545'],
      [one('"segment": ["LOYAL"]'), rule('rfm_score.segment', 'must be a string or a number')],
      [
        one('"sequence": 9223372036854775808'),
        rule('rfm_score.sequence', 'must fit into 64 bits: at most 9223372036854775807'),
      ],
      [one('"sequence": 1.5'), rule('rfm_score.sequence', 'must be a whole number')],
      [dated('"2026-01-02T01:00:00.1234567891Z"'), rule('rfm_score.as_of', 'must be a time like …')],
      [dated('"2026-02-30T00:00:00Z"'), rule('rfm_score.as_of', 'must be a time like …')],
      [dated('"2099-01-01T00:00:00Z"'), rule('rfm_score.as_of', '…')],
      [one('"as_of": "2026-01-02T01:00:00Z"'), rule('rfm_score.as_of', 'must be given once')],
    ]),
    through(calls, [
      [[['CreateCustomer', `{"email": "ada@example.com", "externalId": ${long(255)}}`]], 'created #1'],
      [
        [['CreateCustomer', `{"email": "ada@example.com", "externalId": ${long(256)}}`]],
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
      [[['ListCustomers', `{"filter": {"segment": ${long(65)}}}`]], 'invalid_argument: filter.segment: …'],
    ]),
  ],
  specs: [
    [
      '1,000 customers with the longest valid rows fit into a response',
      'apps/api/test/list-customers.spec.ts',
    ],
  ],
};
