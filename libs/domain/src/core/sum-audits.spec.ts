// tag: compliance
import type { MerchantId } from '@core/contracts';
import { aCustomerId, aMerchantId } from '@core/testing';
import { MAX_SINGLE, sumAudits, type PendingAudit } from './sum-audits.ts';

const [A, B] = [aMerchantId(), aMerchantId()];

const owed = (
  merchantId: MerchantId,
  count: number,
  action = 'customer.score',
  caller = 'worker',
): PendingAudit[] =>
  Array.from({ length: count }, (_, n) => ({
    actor: { caller, requestId: `${merchantId}-${n}` },
    entry: { merchantId, customerId: aCustomerId(), action, detail: { version: n } },
  }));

it('keeps few rows as they are', () => {
  const few = owed(A, MAX_SINGLE);
  expect(sumAudits(few)).toEqual(few);
  expect(sumAudits([])).toEqual([]);
});

it('replaces many rows with one that names no customer', () => {
  expect(sumAudits(owed(A, MAX_SINGLE + 1))).toEqual([
    {
      actor: { caller: 'worker', requestId: `${A}-0` },
      entry: { merchantId: A, action: 'customer.score', detail: { customers: MAX_SINGLE + 1 } },
    },
  ]);
});

it('sums rows by merchant, actor and action only', () => {
  const many = [
    ...owed(A, MAX_SINGLE),
    ...owed(B, MAX_SINGLE + 5),
    ...owed(A, MAX_SINGLE, 'customer.update'),
    ...owed(A, MAX_SINGLE, 'customer.score', 'ops'),
  ];
  const summed = sumAudits(many);
  expect(summed).toHaveLength(3 * MAX_SINGLE + 1);
  expect(summed.filter(({ entry }) => entry.customerId === undefined)).toMatchObject([
    { entry: { merchantId: B, detail: { customers: MAX_SINGLE + 5 } } },
  ]);
});
