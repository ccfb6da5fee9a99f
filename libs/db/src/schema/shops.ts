import { sql } from 'drizzle-orm';
import { bigint, foreignKey, index, pgTable, primaryKey, uniqueIndex, varchar } from 'drizzle-orm/pg-core';
import { instant, merchantId } from './columns.ts';

/**
 * The merchant of a shop, for callers that know only the shop, such as a webhook: an entry for each
 * connection. It is looked up by shop over all merchants, so its keys begin with the shop and not with the
 * merchant. It stays small, so that every node of a distributed database can have all of it.
 */
export const shopDirectory = pgTable(
  'shop_directory',
  {
    shop: varchar('shop').notNull(),
    merchantId: merchantId().notNull(),
    /** The shop's number, as the shop itself returned it to a request with the merchant's token; null: unproven. */
    shopId: bigint('shop_id', { mode: 'bigint' }),
  },
  (t) => [
    primaryKey({ columns: [t.shop, t.merchantId] }),
    // A webhook names only the shop, so a shop belongs to one merchant: the one with the proven connection.
    uniqueIndex('uq_shop_directory_proven')
      .on(t.shop)
      .where(sql`${t.shopId} is not null`),
    // A renamed shop is known by its number.
    index('idx_shop_directory_shop_id')
      .on(t.shopId)
      .where(sql`${t.shopId} is not null`),
  ],
);

/** A merchant's connection to a shop; its entry in the directory says whether the shop has proven it. */
export const shopifyConnections = pgTable(
  'shopify_connections',
  {
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    /** AES-256-GCM under the merchant's data key. */
    accessToken: varchar('access_token').notNull(),
    refreshToken: varchar('refresh_token'),
    expiresAt: instant('expires_at'),
    /** Until then one process refreshes the tokens; the others wait for what it stores. */
    refreshingUntil: instant('refreshing_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.shop] }),
    // Deferred in the migration, which Drizzle cannot say: each command writes the entry first, a removal too.
    foreignKey({
      name: 'shopify_connections_directory_fk',
      columns: [t.merchantId, t.shop],
      foreignColumns: [shopDirectory.merchantId, shopDirectory.shop],
    }),
  ],
);
