import type { Tx } from '@core/db';
import type { ShopConnection } from '../access-token.ts';
import { findMerchantOfShop } from './find-merchant-of-shop.ts';
import { refuseWhileRedacting } from './refuse-while-redacting.ts';
import { otherOwnerError } from './shop-owner.ts';

/**
 * Checks, by the shop's domain alone, that connectShop will not refuse the merchant. connectShop decides: it
 * also knows the shop's number.
 * @throws CoreError already_exists; failed_precondition
 */
export async function requireConnectable(tx: Tx, connection: ShopConnection): Promise<void> {
  const { merchantId, shop } = connection;
  const owner = await findMerchantOfShop(tx, { shop });
  if (owner !== null && owner !== merchantId) throw otherOwnerError(shop);
  await refuseWhileRedacting(tx, connection);
}
