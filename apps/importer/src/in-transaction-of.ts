import type { MerchantId } from '@core/contracts';
import { inTransaction, type Pool, type Tx } from '@core/db';

/**
 * Runs a transaction for one merchant. Row-level security restricts it to the rows of the merchant id given
 * here. Work that is not for one merchant (claiming slices, reading schedules) uses inTransaction and sees
 * all rows.
 */
export const inTransactionOf = <T>(
  { merchantId }: { merchantId: MerchantId },
  pool: Pool,
  work: (tx: Tx) => Promise<T>,
): Promise<T> => inTransaction(pool, work, { merchantId });
