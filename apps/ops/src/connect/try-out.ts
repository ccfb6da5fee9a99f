import { inTransaction, type Pool, type Tx } from '@core/db';

const ROLLED_BACK = new Error('rolled back');

/**
 * Checks whether an action is possible, in a transaction that is rolled back.
 * @throws the error of the action
 */
export const tryOut = (pool: Pool, work: (tx: Tx) => Promise<unknown>): Promise<void> =>
  inTransaction(pool, async (tx) => {
    await work(tx);
    throw ROLLED_BACK;
  }).catch((error: unknown) => {
    if (error !== ROLLED_BACK) throw error;
  });
