import { isRefusedValue, type Pool } from '@core/db';
import { upsertCustomers, type ImportedCustomer } from '@core/domain';
import { inTransactionOf } from '../in-transaction-of.ts';
import type { Work, WorkDeps } from './page-work.ts';

type Customers = readonly ImportedCustomer[];

/**
 * Stores the customers of a page. If PostgreSQL refuses a value, only that customer fails. The storability
 * rule normally finds such customers earlier. A value that passes the rule is a defect of the rule and must
 * not block the rest of the shop.
 * @param store runs in one transaction with the page's checkpoint; called again with the refused customers
 *   marked as failed
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
    // PostgreSQL's message is left out because it quotes the value.
    const { code } = error as { code: string };
    log.error(
      { sql_state: code, customers: refused.size },
      'the rule of what can be stored misses a value that PostgreSQL refuses',
    );
    return store(customers.map((customer) => (refused.has(customer) ? failed(customer) : customer)));
  }
}

const failed = (customer: ImportedCustomer): ImportedCustomer => ({ ...customer, fault: 'invalid_metadata' });

/** Finds the refused customers by bisection: one of 2,000 costs about twenty transactions. */
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

/** Returns whether PostgreSQL accepts the customers. The transaction is rolled back. */
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
