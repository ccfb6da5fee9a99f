import { createReadStream, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { upsertCustomers, type ImportedCustomer } from '@core/domain';
import { anImportId, aMerchantId } from '@core/testing';
import { sampleCustomers } from './sample-customers.ts';
import { importShop, newShop, type BenchShop } from './drive-import.ts';
import type { ImportStack } from './open-stack.ts';

/** Customers per transaction, and concurrent transactions, of the plain upsert. */
const PAGE = 1_000;
const CONCURRENCY = 2;

/** Writes the customers of a shop to a file, one per line. @returns its path */
export async function writeFile(dir: string, customers: number): Promise<string> {
  const path = join(dir, `${customers}.jsonl`);
  const file = await open(path, 'w');
  for (const customer of sampleCustomers(customers)) await file.write(`${JSON.stringify(customer)}\n`);
  await file.close();
  return path;
}

/** The plain alternative: parses a local file and upserts it page by page. @returns customers per second */
export async function upsertFile({ pool, owner, keys }: ImportStack, path: string): Promise<number> {
  const merchantId = aMerchantId();
  await inTransaction(owner, (tx) => keys.findOrCreate(tx, merchantId));
  const ctx = { caller: 'bench', requestId: randomUUID(), keys };
  const importId = anImportId();
  const lines = createInterface({ input: createReadStream(path) })[Symbol.asyncIterator]();
  let count = 0;
  const begin = performance.now();
  const work = async () => {
    for (let page = await nextPage(lines); page.length > 0; page = await nextPage(lines)) {
      const customers = page;
      await inTransaction(pool, (tx) => upsertCustomers(tx, ctx, { merchantId, importId, customers }));
      count += customers.length;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return count / ((performance.now() - begin) / 1_000);
}

async function nextPage(lines: AsyncIterator<string>): Promise<ImportedCustomer[]> {
  const wanted = Array.from({ length: PAGE }, () => lines.next());
  const page: ImportedCustomer[] = [];
  for (const { done, value } of await Promise.all(wanted)) {
    if (done) continue;
    const parsed = JSON.parse(value) as Omit<ImportedCustomer, 'sourceUpdatedAt'> & {
      sourceUpdatedAt: string;
    };
    page.push({ ...parsed, sourceUpdatedAt: new Date(parsed.sourceUpdatedAt) });
  }
  return page;
}

/** Creates a shop whose bulk operations run as fast as the stand-in can write them. */
export const bulkShop = (stack: ImportStack, customers: number): Promise<BenchShop> =>
  newShop(stack, { plan: 'plus', customers, bulk: { rowsPerSecond: null } });

/** Imports the same data a second time. @returns the number of customers and events that it wrote */
export async function writesOfReimport(
  stack: ImportStack,
  shop: BenchShop,
  signal: AbortSignal,
): Promise<number> {
  const written = async () => {
    const { rows } = await stack.owner.query<{ n: string }>(
      `select coalesce(sum(n_tup_ins + n_tup_upd), 0) as n from pg_stat_user_tables
        where relname = 'customers' or relname like 'outbox\\_events\\_%'`,
    );
    return Number(rows[0]?.n);
  };
  await waitForCounters();
  const before = await written();
  await importShop(stack, shop, 'bulk', signal);
  await waitForCounters();
  return (await written()) - before;
}

/**
 * Waits for PostgreSQL's counters: idle sessions report theirs up to ten seconds late (PGSTAT_IDLE_INTERVAL).
 */
const waitForCounters = () => new Promise((resolve) => setTimeout(resolve, 15_000));

/** Imports a shop with a separate importer. @returns the importer's peak memory in bytes */
export async function memoryOf(stack: ImportStack, customers: number, signal: AbortSignal): Promise<number> {
  const importer = await stack.start('importer');
  try {
    await importShop(stack, await bulkShop(stack, customers), 'bulk', signal);
    const [, kilobytes] =
      /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${importer.pid}/status`, 'utf8')) ?? [];
    return 1_024 * Number(kilobytes);
  } finally {
    await importer.stop();
  }
}
