import type { Tx } from '@core/db';
import { CoreError } from '@core/runtime';

/**
 * Whether another merchant has proven the shop, by this name or by its number, under whatever name. A connection made
 * between this check and a write violates the index; the transaction then runs again.
 */
export async function isTaken(tx: Tx, merchantId: string, shop: string, shopId: string): Promise<boolean> {
  const holders = await tx.query(
    'select from connection_of_webhook($2, $3) where merchant_id is not null and merchant_id <> $1',
    [merchantId, shop, shopId],
  );
  return holders.length > 0;
}

export const takenByAnother = (shop: string, field = 'shop'): CoreError =>
  new CoreError('already_exists', `${field}: ${shop} is connected by another merchant`, { field });
