// tag: compliance
import { MOST_SINGLE, sumAudits, type OwedAudit } from './sum-audits.ts';

const owed = (merchantId: string, count: number, action = 'customer.score', caller = 'worker'): OwedAudit[] =>
  Array.from({ length: count }, (_, n) => ({
    actor: { caller, requestId: `${merchantId}-${n}` },
    entry: { merchantId, customerId: `customer-${n}`, action, detail: { version: n } },
  }));

it('leaves few as they are', () => {
  const few = owed('a', MOST_SINGLE);
  expect(sumAudits(few)).toEqual(few);
  expect(sumAudits([])).toEqual([]);
});

it('makes one of many, which names no customer', () => {
  expect(sumAudits(owed('a', MOST_SINGLE + 1))).toEqual([
    {
      actor: { caller: 'worker', requestId: 'a-0' },
      entry: { merchantId: 'a', action: 'customer.score', detail: { customers: MOST_SINGLE + 1 } },
    },
  ]);
});

it('sums by merchant, actor and action alone', () => {
  const many = [
    ...owed('a', MOST_SINGLE),
    ...owed('b', MOST_SINGLE + 5),
    ...owed('a', MOST_SINGLE, 'customer.update'),
    ...owed('a', MOST_SINGLE, 'customer.score', 'ops'),
  ];
  const summed = sumAudits(many);
  expect(summed).toHaveLength(3 * MOST_SINGLE + 1);
  expect(summed.filter(({ entry }) => entry.customerId === undefined)).toMatchObject([
    { entry: { merchantId: 'b', detail: { customers: MOST_SINGLE + 5 } } },
  ]);
});
