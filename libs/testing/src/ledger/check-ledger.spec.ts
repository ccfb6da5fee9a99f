import { checkLedger, type Ledger, type LedgerEvent } from './check-ledger.ts';

const event = (customerId: string, version: number): LedgerEvent => ({
  eventId: `${customerId}${version}`,
  customerId,
  version,
});
const [a1, a2, a3, b1] = [event('a', 1), event('a', 2), event('a', 3), event('b', 1)] as const;

const good: Ledger = {
  calls: [
    ...[1, 2, 3].map(() => ({ customerId: 'a', outcome: 'ok' as const })),
    { customerId: 'b', outcome: 'unknown' },
    { customerId: 'c', outcome: 'failed' },
  ],
  versions: new Map([
    ['a', 3],
    ['b', 1],
  ]),
  outbox: [a1, a2, b1, a3],
  records: [a1, b1, a2, a1, a3],
  mostDuplicates: 1,
};

it('finds nothing in a ledger without a fault', () =>
  expect(checkLedger(good)).toEqual({ violations: [], events: 4, duplicates: 1 }));

it.each<[string, Partial<Ledger>, string]>([
  [
    'an event that was dropped',
    { records: [a1, b1, a1, a3] },
    'a version 2 (event a2) was committed and is not in Kafka',
  ],
  [
    'two that were swapped',
    { records: [a1, b1, a3, a2] },
    'a version 2 (event a2) comes behind a version 3 (event a3)',
  ],
  [
    'a last one marked before it was sent',
    { records: [a1, b1, a2] },
    'a: a consumer ends at version 2, 3 is stored',
  ],
  [
    'an event of a rolled-back transaction',
    { outbox: [a1, a2, b1] },
    'a version 3 (event a3) is in Kafka and was never committed',
  ],
  [
    'a customer nobody stored',
    { versions: new Map([['a', 3]]) },
    'b: a consumer knows a customer that is not stored',
  ],
  [
    'a call that said ok and left nothing',
    {
      versions: new Map([
        ['a', 2],
        ['b', 1],
      ]),
    },
    'a: 3 calls said ok, version 2 is stored',
  ],
  [
    'a call that failed and is stored',
    { calls: [...good.calls.slice(1), { customerId: 'a', outcome: 'failed' }] },
    'a: version 3 is stored, 2 calls said ok, 0 are unknown',
  ],
  ['too many repetitions', { mostDuplicates: 0 }, '1 repetitions, at most 0 are explained'],
])('finds %s', (_, broken, violation) => {
  expect(checkLedger({ ...good, ...broken }).violations).toContain(violation);
});

it('tells the first few of a kind', () => {
  const outbox = Array.from({ length: 20 }, (_, n) => event(`x${n}`, 1));
  const { violations } = checkLedger({
    calls: [],
    versions: new Map(),
    outbox,
    records: [],
    mostDuplicates: 0,
  });
  expect(violations).toHaveLength(6);
  expect(violations.at(-1)).toBe('and 15 more like these');
});
