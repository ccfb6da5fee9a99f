import { sql } from 'drizzle-orm';
import { shopifyId } from '@core/contracts';
import { returning, statement, type Reader } from '@core/db';
import { connectionOfWebhook, SHOP_OF_WEBHOOK, type ShopEntry } from '../imports/index.ts';

/** The shop as a webhook names it. */
export interface WebhookShop {
  /**
   * From the headers or the body; the signature covers only the body. Absent when the number identifies the
   * shop.
   */
  shop?: string | undefined;
  /** The shop's number. */
  shopId?: string | undefined;
  /**
   * Whether the number may find the shop: a renamed shop is connected under its former name until it is
   * moved.
   */
  shopIdFinds?: boolean | undefined;
}

const FIND = statement({
  crosses: 'shops',
  params: SHOP_OF_WEBHOOK,
  text(p) {
    const connection = connectionOfWebhook(p);
    const { merchantId, shop, shopId } = connection;
    return returning({ merchantId, shop, shopId }, (row) => sql`select ${row} from ${connection} limit 1`);
  },
});

/**
 * Finds the connection that a webhook belongs to. A renamed shop's webhook belongs to the connection of its
 * former name.
 *
 * - unknown_shop: no merchant has connected the shop. Nothing may be stored: the data may be any person's,
 *   and there is no key to encrypt it with
 * - unproven: nothing may be stored; Shopify retries while an importer queries the shop
 * - other_shop: the shop of this name has another number, and therefore a new owner
 * @param reader must read from the primary: a replica may not know yet that the shop is connected, and the
 *   webhook would be lost
 */
export async function findShopOfWebhook(
  reader: Reader,
  { shop, shopId, shopIdFinds = false }: WebhookShop,
): Promise<ShopEntry | 'unknown_shop' | 'unproven' | 'other_shop'> {
  const number = shopIdFinds && shopId !== undefined && shopifyId(shopId) === shopId ? shopId : null;
  const [connection] = await reader.run(FIND, { shop: shop?.toLowerCase(), shopId: number });
  if (!connection) return 'unknown_shop';
  const { merchantId, ...named } = connection;
  if (!merchantId) return 'unproven';
  if (shopId !== undefined && shopId !== named.shopId) return 'other_shop';
  return { merchantId, ...named };
}
