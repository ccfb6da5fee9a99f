import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool, type Tx } from '@core/db';

/**
 * A transaction for one merchant that sees and writes the rows of that merchant alone: row-level security
 * holds it to the id given here. Work that is not for one merchant (handing out slices, looking at schedules)
 * uses inTransaction, and sees all rows.
 */
export const inTransactionOf = <T>(
  { merchantId }: { merchantId: MerchantId },
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => inTransaction(pool, work, { merchantId });
