import { sql } from 'drizzle-orm';
import { shopifyId } from '@core/contracts';
import { returning, statement, type Reader } from '@core/db';
import { connectionOfWebhook, SHOP_OF_WEBHOOK, type ShopEntry } from '../imports/index.ts';

/** As a webhook names it. */
export interface WebhookShop {
  /** By headers or body; the signature covers the body alone. Absent: the number says which. */
  shop?: string | undefined;
  /** The shop's number. */
  shopId?: string | undefined;
  /** Whether the number finds the shop: a renamed one is connected by its former name until it is moved. */
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
 * Whose a webhook is, as the shop is connected: one of a renamed shop belongs to the connection of its former name.
 *
 * - unknown_shop: no merchant has connected it. Nothing is to be stored: it may be anybody's data, and there is no key to
 *   encrypt it with
 * - unproven: nothing is to be stored; Shopify retries while an importer asks the shop
 * - other_shop: the shop of this name has another number, and so a new owner
 * @param reader of the primary: a replica may not know yet that the shop is connected, and the webhook would be lost
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
