import { partitionName, remainderOf, TEST_LAYOUT, testLayout } from './layout.ts';

const under = (text: string | undefined) => {
  const before = process.env[TEST_LAYOUT] ?? '';
  process.env[TEST_LAYOUT] = text ?? '';
  try {
    return testLayout();
  } finally {
    process.env[TEST_LAYOUT] = before;
  }
};

it('is plain without a word, and partitioned with one', () =>
  expect([under(undefined), under(''), under('partitioned')]).toEqual(['plain', 'plain', 'partitioned']));

it('refuses another word', () =>
  expect(() => under('partitoned')).toThrow(
    'CORE_TEST_LAYOUT is "partitioned" or not set, and not "partitoned"',
  ));

it('tells a partition of merchants by its name, and one of the outbox from it', () =>
  expect([partitionName('customers', 3), 'outbox_events_1', 'customers'].map(remainderOf)).toEqual([
    3,
    undefined,
    undefined,
  ]));
