import { isRefusedValue, type Pool } from '@core/db';
import { upsertCustomers, type ImportedCustomer } from '@core/domain';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { Work, WorkDeps } from './page-work.ts';

type Customers = readonly ImportedCustomer[];

/**
 * Stores the customers of a page; where PostgreSQL refuses a value of one, that customer fails alone. The
 * storability rule finds such customers before: a value that gets past it is a fault of the rule, and must
 * not hold up the rest of the shop.
 * @param store in one transaction with the page's checkpoint; called again without the refused customers
 */
export async function storeCustomers<T>(
  { pool, log }: Pick<WorkDeps, 'pool' | 'log'>,
  work: Pick<Work, 'page' | 'ctx'>,
  customers: Customers,
  store: (customers: Customers) => Promise<T>,
): Promise<T> {
  try {
    return await store(customers);
  } catch (error) {
    if (!isRefusedValue(error)) throw error;
    const refused = new Set(await findRefused(customers, (some) => isTaken(pool, work, some)));
    if (refused.size === 0) throw error;
    // Without PostgreSQL's own words: they quote the value.
    const { code } = error as { code: string };
    log.error({ sql_state: code, customers: refused.size }, 'the rule of what can be stored misses a value');
    return store(customers.map((customer) => (refused.has(customer) ? failed(customer) : customer)));
  }
}

const failed = (customer: ImportedCustomer): ImportedCustomer => ({ ...customer, fault: 'invalid_metadata' });

/** By halves: one customer of 2,000 takes some twenty transactions. */
export async function findRefused<C>(
  customers: readonly C[],
  isTaken: (some: readonly C[]) => Promise<boolean>,
): Promise<C[]> {
  if (customers.length === 0 || (await isTaken(customers))) return [];
  if (customers.length === 1) return [...customers];
  const half = Math.ceil(customers.length / 2);
  return [
    ...(await findRefused(customers.slice(0, half), isTaken)),
    ...(await findRefused(customers.slice(half), isTaken)),
  ];
}

const ROLLED_BACK = new Error('rolled back');

/** Whether PostgreSQL would take them: nothing is written. */
async function isTaken(
  pool: Pool,
  { page, ctx }: Pick<Work, 'page' | 'ctx'>,
  customers: Customers,
): Promise<boolean> {
  const { merchantId, importId } = page;
  try {
    await inTransactionOf(page, pool, async (tx) => {
      await upsertCustomers(tx, ctx, { merchantId, importId, customers });
      throw ROLLED_BACK;
    });
  } catch (error) {
    if (isRefusedValue(error)) return false;
    if (error !== ROLLED_BACK) throw error;
  }
  return true;
}
