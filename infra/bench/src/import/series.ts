import { Client } from 'pg';
import type { MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { aMerchantId } from '@core/testing';
import { emptyOutbox } from '../events/fill-outbox.ts';
import { measure, type Measured } from '../rounds.ts';
import { sampleCustomers } from './sample-customers.ts';
import type { ImportStack } from './open-stack.ts';
import { upsertByCopy, upsertPages, upsertRows, upsertRowsByPage } from './upsert.ts';

/** New customers per measurement. */
export const ROWS = 20_000;

export type UpsertSeries = 'upsert_pages' | 'upsert_rows' | 'upsert_rows_by_page' | 'upsert_by_copy';

/**
 * Returns the series that write the same rows to the same tables, each on one connection and for a new
 * merchant.
 */
export function upsertSeries(stack: ImportStack): Record<UpsertSeries, () => Promise<Measured>> {
  const customers = sampleCustomers(ROWS);
  const timed = (work: (merchantId: MerchantId) => Promise<void>) => async () => {
    const merchantId = aMerchantId();
    await inTransaction(stack.owner, (tx) => stack.keys.findOrCreate(tx, merchantId));
    await emptyOutbox(stack.owner);
    return measure([], [stack.pids.postgresql], async (onMeasuring) => {
      onMeasuring();
      const from = process.cpuUsage();
      const begin = performance.now();
      await work(merchantId);
      const seconds = (performance.now() - begin) / 1_000;
      const { user, system } = process.cpuUsage(from);
      return {
        operations: ROWS,
        perSecond: ROWS / seconds,
        driverCpuSeconds: (user + system) / 1e6,
        errors: {},
      };
    });
  };
  const asPeer = (upsert: typeof upsertRows) =>
    timed(async (merchantId) => {
      const keys = await inTransaction(stack.owner, (tx) => stack.keys.findOrCreate(tx, merchantId));
      const client = new Client(stack.ownerUrl);
      await client.connect();
      try {
        await upsert(client, keys, merchantId, customers);
      } finally {
        await client.end();
      }
    });
  return {
    upsert_pages: timed((merchantId) => upsertPages(stack, merchantId, customers)),
    upsert_rows: asPeer(upsertRows),
    upsert_rows_by_page: asPeer(upsertRowsByPage),
    upsert_by_copy: asPeer(upsertByCopy),
  };
}
