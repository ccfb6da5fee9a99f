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

it('is plain when the variable is not set, and partitioned when it says `partitioned`', () =>
  expect([under(undefined), under(''), under('partitioned')]).toEqual(['plain', 'plain', 'partitioned']));

it('refuses any other value', () =>
  expect(() => under('partitoned')).toThrow(
    'CORE_TEST_LAYOUT must be "partitioned" or not set, but is "partitoned"',
  ));

it('recognizes a merchant partition by its name, and rejects an outbox partition', () =>
  expect([partitionName('customers', 3), 'outbox_events_1', 'customers'].map(remainderOf)).toEqual([
    3,
    undefined,
    undefined,
  ]));
