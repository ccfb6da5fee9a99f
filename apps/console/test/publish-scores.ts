import type { Stack } from '@core/stack';
import { rfmUpdatedRecord, waitUntil } from '@core/testing';

/**
 * Publishes rfm.updated for customers, as RFM Analytics does, and waits until the worker has stored each.
 * @param sequence of the scoring; a later one has a higher number
 */
export async function publishScores(
  stack: Stack,
  merchantId: string,
  { customers, sequence }: { customers: number; sequence: number },
): Promise<void> {
  const owner = stack.pool('core_owner');
  const { rows } = await owner.query<{ id: string }>(
    'select id from customers where merchant_id = $1 and deleted_at is null order by id limit $2',
    [merchantId, customers],
  );
  expect(rows).toHaveLength(customers);
  const asOf = new Date().toISOString();
  const producer = await stack.connectKafka().producer();
  await producer.send(
    rows.map(({ id: customerId }, n) => {
      const scores = {
        recency: 1 + (n % 5),
        frequency: 1 + (Math.floor(n / 5) % 5),
        monetary: 1 + (Math.floor(n / 7) % 5),
      };
      return rfmUpdatedRecord({ merchantId, customerId, scores, asOf, sequence });
    }),
  );
  const stored = async () => {
    const found = await owner.query(
      "select from customers where merchant_id = $1 and rfm_score ->> 'sequence' = $2",
      [merchantId, String(sequence)],
    );
    return found.rowCount === customers;
  };
  await waitUntil(stored, { what: 'the scores to be stored' });
}
