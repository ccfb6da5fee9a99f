import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { functionCall, int8, nullable, shopDirectory, type Placeholders, type Relation } from '@core/db';

/** A webhook names its shop by its domain, in lower case, or by its number, or both. */
export const SHOP_OF_WEBHOOK = { shop: nullable(shopDirectory.shop), shopId: nullable(int8) };

const CONNECTION = {
  /** Null when the connection is unproven. */
  merchantId: sql<MerchantId | null>``,
  shop: sql<string>``,
  shopId: sql<string>``,
};

/** The connections that a webhook may belong to, of any merchant, the likeliest first; as a FROM item. */
export const connectionOfWebhook = (p: Placeholders<typeof SHOP_OF_WEBHOOK>): Relation<typeof CONNECTION> =>
  functionCall('connection', CONNECTION, sql`connection_of_webhook(${p.shop}, ${p.shopId})`);
