import { checkLedger, type Ledger, type LedgerEvent } from './check-ledger.ts';

const event = (customerId: string, version: number): LedgerEvent => ({
  eventId: `${customerId}${version}`,
  customerId,
  version,
  content: 'as appended',
});
const [a1, a2, a3, b1] = [event('a', 1), event('a', 2), event('a', 3), event('b', 1)] as const;
const change = (requestId: string, customerId: string, version: number) => ({
  requestId,
  customerId,
  version,
});

const good: Ledger = {
  calls: [
    { id: 'create a', outcome: 'ok' },
    { id: 'update a', outcome: 'ok' },
    { id: 'update a again', outcome: 'unknown' },
    { id: 'create b', outcome: 'ok' },
    { id: 'create c', outcome: 'failed' },
    { id: 'create d', outcome: 'unknown' },
  ],
  changes: [
    change('create a', 'a', 1),
    change('update a', 'a', 2),
    change('update a again', 'a', 3),
    change('create b', 'b', 1),
  ],
  versions: new Map([
    ['a', 3],
    ['b', 1],
  ]),
  outbox: [a1, a2, b1, a3],
  records: [a1, b1, a2, a1, a3],
  mostDuplicates: 1,
  mostTimes: 2,
};

it('finds no violation in a correct ledger', () =>
  expect(checkLedger(good)).toEqual({ violations: [], events: 4, duplicates: 1 }));

it.each<[string, Partial<Ledger>, string]>([
  ['a lost event', { records: [a1, b1, a1, a3] }, 'a version 2 (event a2) was committed but is not in Kafka'],
  [
    'two swapped events',
    { records: [a1, b1, a3, a2] },
    'a version 2 (event a2) comes after a version 3 (event a3)',
  ],
  [
    'a last event that was marked as sent too early',
    { records: [a1, b1, a2] },
    'a: a consumer ends at version 2, but 3 is stored',
  ],
  [
    'an event of a rolled-back transaction',
    { outbox: [a1, a2, b1] },
    'a version 3 (event a3) is in Kafka but was never committed',
  ],
  [
    'an event with other content than was appended',
    { records: [a1, b1, a2, { ...a3, content: 'another key' }] },
    'a version 3 (event a3) contains another key, but as appended was committed',
  ],
  [
    'a version without its event',
    { outbox: [a1, b1, a3], records: [a1, b1, a3] },
    'a: version 3 is stored, but the outbox had events for 1 3',
  ],
  [
    'a version with two events',
    { outbox: [a1, a2, { ...a2, eventId: 'a2 again' }, b1, a3] },
    'a: version 3 is stored, but the outbox had events for 1 2 2 3',
  ],
  [
    'a customer that was never stored',
    { versions: new Map([['a', 3]]) },
    'b: a consumer has a customer that is not stored',
  ],
  [
    'a call that returned ok without a change',
    { changes: good.changes.slice(0, 3) },
    'call create b returned ok but changed nothing',
  ],
  [
    'a failed call whose change is stored',
    { changes: [...good.changes, change('create c', 'c', 1)] },
    'call create c is failed but made a change 1 times',
  ],
  [
    'a call that was executed twice',
    { changes: [...good.changes, change('create d', 'd', 1), change('create d', 'e', 1)] },
    'call create d is unknown but made a change 2 times',
  ],
  [
    'a change that was reverted',
    { changes: [...good.changes, change('x', 'b', 2)] },
    'b: the committed change to version 2 is lost',
  ],
  ['too many duplicates', { mostDuplicates: 0 }, '1 duplicates, but the faults explain at most 0'],
  [
    'an event that occurs too often',
    { mostTimes: 1 },
    'a version 1 (event a1) occurs 2 times, but the faults explain at most 1',
  ],
])('finds %s', (_, broken, violation) => {
  expect(checkLedger({ ...good, ...broken }).violations).toContain(violation);
});

it('reports the first few violations of each kind', () => {
  const outbox = Array.from({ length: 20 }, (_, n) => event(`x${n}`, 1));
  const versions = new Map(outbox.map(({ customerId }) => [customerId, 1]));
  const { violations } = checkLedger({ ...good, calls: [], changes: [], versions, outbox, records: [] });
  expect(violations).toHaveLength(12);
  expect(violations[5]).toBe('and 15 more like these');
});
