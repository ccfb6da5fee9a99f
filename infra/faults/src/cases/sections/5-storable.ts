import { expectAll, expectEach, type Section } from '../case.ts';
import { imports } from '../entry-points/imports.ts';
import { connectCalls, type Calls } from '../entry-points/connect-calls.ts';

const create = (metadata: string): Calls => [
  ['CreateCustomer', `{"email": "ada@example.com", "metadata": ${metadata}}`],
];
const since = (time: string): Calls => [['ListCustomers', `{"filter": {"updatedSince": "${time}"}}`]];
const createAndGet = (metadata: string): Calls => [
  ...create(metadata),
  ['GetCustomer', '{"customerId": "#1"}'],
];
const createdAndReturned = (metadata: unknown) =>
  `created #1; returned ${JSON.stringify({ email: 'ada@example.com', metadata })}`;
const FIRST_NOT_STORED =
  'completed_with_errors: not stored, p1@example.com; failed 1; 1 invalid_metadata (not_stored)';

export const storable: Section = {
  title: '5. Storable values',
  groups: [
    expectAll(imports, FIRST_NOT_STORED, [
      { customers: ['{"tags": ["a\\ud83d"]}', '{}'] },
      { customers: ['{"tags": ["\\ude00a"]}', '{}'] },
      { customers: ['{"tags": ["vip", "a\\u0000b"]}', '{}'] },
      { source: 'rest', customers: ['{"tags": "vip, a\\ud83d"}', '{}'] },
      { source: 'rest', customers: ['{"state": "a\\u0000"}', '{}'] },
    ]),
    expectAll(
      imports,
      'completed_with_errors: not stored, p1@example.com; failed 1; 1 metadata_too_large (not_stored)',
      [{ customers: [`{"tags": ["${'x'.repeat(70_000)}"]}`, '{}'] }],
    ),
    expectEach(imports, [
      [
        { customers: ['{"tags": ["a\\ud83d\\ude00"]}'], shownField: 'tags' },
        'completed: p0@example.com ["a\u{1f600}"]; failed 0',
      ],
      [
        { customers: ['{"tags": ["\\\\u0000", "\\\\ud83d"]}'], shownField: 'tags' },
        'completed: p0@example.com ["\\\\u0000","\\\\ud83d"]; failed 0',
      ],
    ]),
    expectAll(connectCalls, 'invalid_argument: metadata: …', [
      create('{"a": "x\\u0000"}'),
      create('{"a": "\\ud83d"}'),
      create('{"a\\u0000": 1}'),
      create('{"a": [{"b": ["\\ude00"]}]}'),
      create(`{"a": ${JSON.stringify('x'.repeat(65_537))}}`),
      create('{"n": 1e400}'),
      create('{"n": [{"n": -1e309}]}'),
      create('{"n": "NaN", "m": 1e999}'),
      create(`{"n": ${'['.repeat(33)}${']'.repeat(33)}}`),
    ]),
    expectAll(connectCalls, 'created #1', [
      create(`{"n": [${Array(6_000).fill(0).join(', ')}]}`),
      create(`{"a": "${'\\u0041'.repeat(65_000)}"}`),
    ]),
    expectAll(connectCalls, 'invalid_argument: filter.updated_since: …', [
      since('2020-02-30T00:00:00Z'),
      since('2021-02-29T00:00:00Z'),
      since('2021-04-31T00:00:00Z'),
      since('2020-01-01T24:00:00Z'),
      since('2020-01-01T00:00:60Z'),
      since('2020-01-01T00:00:00+24:00'),
    ]),
    expectEach(connectCalls, [
      [createAndGet('{"a": "\\\\u0000"}'), createdAndReturned({ a: '\\u0000' })],
      [createAndGet('{"a": "\\\\ud83d"}'), createdAndReturned({ a: '\\ud83d' })],
      [createAndGet('{"a": "\\ud83d\\ude00"}'), createdAndReturned({ a: '\u{1f600}' })],
      [createAndGet('{"n": 1e308}'), createdAndReturned({ n: 1e308 })],
      [createAndGet('{"n": [null, true, 0.1]}'), createdAndReturned({ n: [null, true, 0.1] })],
    ]),
  ],
  specs: [['the rule of every entry point is PostgreSQL’s', 'libs/domain/test/storable.spec.ts']],
};
