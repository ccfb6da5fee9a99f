import { ImportService, statusName, Topic } from '@core/contracts';
import { waitUntil } from '@core/testing';
import {
  controlShop,
  getImport,
  newMerchant,
  newShop,
  readTopic,
  rows,
  shopCustomers,
  startImport,
  storedEmails,
  watchImport,
  type E2e,
} from './support.ts';

/**
 * Expects the whole shop to be stored: no customer missing or duplicated, and every email equal to the
 * shop's.
 */
export async function expectExact(e2e: E2e, merchantId: string, shop: string): Promise<void> {
  const wanted = new Map((await shopCustomers(e2e, shop)).map(({ id, email }) => [id, email]));
  const count = async () =>
    Number(
      (
        await rows<{ count: string }>(
          e2e.stack.env.DEV_DB_REPLICA_URL,
          'select count(*) from customers where merchant_id = $1',
          [merchantId],
        )
      )[0]!.count,
    );
  await waitUntil(async () => (await count()) >= wanted.size, { what: 'the replica to hold the import' });
  expect(await count()).toBe(wanted.size);
  expect(await storedEmails(e2e, merchantId)).toEqual(wanted);
}

/** Returns the number of customer.created records for each customer of one merchant. */
async function createdPerCustomer(e2e: E2e, merchantId: string): Promise<number[]> {
  const { DEV_DB_URL } = e2e.stack.env;
  const waiting = async () =>
    (await rows(DEV_DB_URL, 'select 1 from outbox_events where merchant_id = $1 limit 1', [merchantId]))
      .length > 0;
  await waitUntil(async () => !(await waiting()), { what: 'the outbox to drain', limitMs: 180_000 });
  const counts = new Map<string, number>();
  for (const record of await readTopic(e2e, Topic.customerCreated)) {
    const event = JSON.parse(record.value?.toString() ?? '{}') as {
      merchant_id: string;
      customer_id: string;
    };
    if (event.merchant_id === merchantId)
      counts.set(event.customer_id, (counts.get(event.customer_id) ?? 0) + 1);
  }
  return [...counts.values()];
}

/**
 * Too small for a bulk operation, and three pages for each of the 16 slices: with fewer, all are read at
 * once.
 */
const SHOP_SIZE = 9_600;

/** Starts an import of a slow shop, and returns when at least 20 % is read; callers expect at most 80 %. */
export async function importUntilMidway(e2e: E2e, merchantId: string, shop: string, customers: number) {
  // Two seconds per page: the middle of the import lasts long enough to observe it, even on a slow machine.
  await controlShop(e2e, shop, { customers, latency: [2_000, 2_000] });
  const importId = await startImport(e2e, merchantId, shop);
  const share = async () => Number((await getImport(e2e, merchantId, importId)).read) / customers;
  await waitUntil(async () => (await share()) >= 0.2, { what: '20 % of the import', limitMs: 180_000 });
  return { importId, share };
}

export const imports = (e2e: () => E2e) => {
  it('imports a whole shop exactly, and a second time without a write or an event', async () => {
    const [merchantId, shop] = [newMerchant(), newShop()];
    await controlShop(e2e(), shop, { customers: 1_500 });
    const first = await watchImport(e2e(), merchantId, await startImport(e2e(), merchantId, shop));
    expect(first).toMatchObject({ expected: 1_500n, read: 1_500n, created: 1_500n, failed: 0n });
    await expectExact(e2e(), merchantId, shop);

    const again = await watchImport(e2e(), merchantId, await startImport(e2e(), merchantId, shop));
    expect(again).toMatchObject({ read: 1_500n, created: 0n, updated: 0n, unchanged: 1_500n });
    expect(await createdPerCustomer(e2e(), merchantId)).toEqual(Array(1_500).fill(1));
  });

  it('stays exact when the importer is killed during the import', async () => {
    const [merchantId, shop] = [newMerchant(), newShop()];
    const { importId, share } = await importUntilMidway(e2e(), merchantId, shop, 5_000);
    await e2e().stack.apps.importer.child.kill();
    const at = await share();
    expect(at).toBeGreaterThanOrEqual(0.2);
    expect(at).toBeLessThanOrEqual(0.8);

    await controlShop(e2e(), shop, { latency: [0, 0] });
    await e2e().stack.restart('importer');
    const last = await watchImport(e2e(), merchantId, importId);
    expect([statusName(last.status), last.error]).toEqual(['COMPLETED', '']);
    expect(last).toMatchObject({ read: 5_000n, created: 5_000n, updated: 0n, unchanged: 0n, failed: 0n });
    await expectExact(e2e(), merchantId, shop);
    const created = await createdPerCustomer(e2e(), merchantId);
    expect(created).toHaveLength(5_000);
    // The worker kept running, so no event was relayed twice: the limit is (kills of the relay) x batch = 0.
    expect(created.filter((times) => times !== 1)).toEqual([]);
  });

  it('cancels an import, and resumes it where it stopped', async () => {
    const [merchantId, shop] = [newMerchant(), newShop()];
    const { importId } = await importUntilMidway(e2e(), merchantId, shop, SHOP_SIZE);
    const { rpc } = e2e();
    await rpc.unary(ImportService.method.cancelCustomerImport, { merchantId, importId });
    const cancelled = await watchImport(e2e(), merchantId, importId);
    expect(statusName(cancelled.status)).toBe('CANCELLED');
    expect(Number(cancelled.read)).toBeLessThan(SHOP_SIZE);

    await controlShop(e2e(), shop, { latency: [0, 0] });
    await rpc.unary(ImportService.method.resumeCustomerImport, { merchantId, importId });
    expect(await watchImport(e2e(), merchantId, importId)).toMatchObject({
      read: BigInt(SHOP_SIZE),
      created: BigInt(SHOP_SIZE),
    });
    await expectExact(e2e(), merchantId, shop);
  });
};
