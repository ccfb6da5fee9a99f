import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool, type Tx } from '@core/db';

/**
 * A transaction for one merchant, whose rows are all that it sees and writes: row-level security holds it to the name that
 * is given here. What is not for one merchant (handing out slices, looking at schedules) uses inTransaction, and sees all.
 */
export const inTransactionOf = <T>(
  { merchantId }: { merchantId: MerchantId },
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => inTransaction(pool, work, { merchantId });
