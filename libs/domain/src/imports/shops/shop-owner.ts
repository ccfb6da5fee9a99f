import { and, isNotNull, ne, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { ONE, shopDirectory, statement, type Tx } from '@core/db';
import { CoreError } from '@core/runtime';
import { connectionOfWebhook, SHOP_OF_WEBHOOK } from './connection-of-webhook.ts';

const FIND_OTHERS = statement({
  crosses: 'shops',
  params: { merchantId: shopDirectory.merchantId, ...SHOP_OF_WEBHOOK },
  row: ONE,
  text(p, row) {
    const connection = connectionOfWebhook(p);
    const { merchantId } = connection;
    return sql`select ${row} from ${connection} where ${and(isNotNull(merchantId), ne(merchantId, p.merchantId))}`;
  },
});

/**
 * Whether another merchant has proven the shop, under this name or, by its number, under any other. A
 * connection made between this check and a write violates the index; the transaction then runs again.
 */
export const hasOtherOwner = async (
  tx: Tx,
  merchantId: MerchantId,
  shop: string,
  shopId: string,
): Promise<boolean> => (await tx.run(FIND_OTHERS, { merchantId, shop, shopId })).length > 0;

export const otherOwnerError = (shop: string, field = 'shop'): CoreError =>
  new CoreError('already_exists', `${field}: ${shop} is connected by another merchant`, { field });
