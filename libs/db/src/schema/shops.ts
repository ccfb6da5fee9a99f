import { sql } from 'drizzle-orm';
import { bigint, foreignKey, index, pgTable, primaryKey, uniqueIndex, varchar } from 'drizzle-orm/pg-core';
import { instant, merchantId } from './columns.ts';

/**
 * The merchant of a shop, for callers that know only the shop, such as a webhook: one entry per connection.
 * It is looked up by shop across all merchants, so its keys begin with the shop and not with the merchant. It
 * stays small, so that every node of a distributed database can have all of it.
 */
export const shopDirectory = pgTable(
  'shop_directory',
  {
    shop: varchar('shop').notNull(),
    merchantId: merchantId().notNull(),
    /**
     * The shop's number, as the shop itself returned it for a request with the merchant's token; null:
     * unproven.
     */
    shopId: bigint('shop_id', { mode: 'bigint' }),
  },
  (t) => [
    primaryKey({ columns: [t.shop, t.merchantId] }),
    // A webhook names only the shop, so a shop belongs to one merchant: the one with the proven connection.
    uniqueIndex('uq_shop_directory_proven')
      .on(t.shop)
      .where(sql`${t.shopId} is not null`),
    // A renamed shop is recognized by its number.
    index('idx_shop_directory_shop_id')
      .on(t.shopId)
      .where(sql`${t.shopId} is not null`),
  ],
);

/** A merchant's connection to a shop. Its entry in the directory shows whether the shop has proven it. */
export const shopifyConnections = pgTable(
  'shopify_connections',
  {
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    /** AES-256-GCM under the merchant's data key. */
    accessToken: varchar('access_token').notNull(),
    refreshToken: varchar('refresh_token'),
    expiresAt: instant('expires_at'),
    /**
     * The time until which one process refreshes the tokens. The others wait for the tokens that it stores.
     */
    refreshingUntil: instant('refreshing_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.shop] }),
    // Deferred in the migration, which Drizzle cannot express: each command writes the directory entry first,
    // even a removal.
    foreignKey({
      name: 'shopify_connections_directory_fk',
      columns: [t.merchantId, t.shop],
      foreignColumns: [shopDirectory.merchantId, shopDirectory.shop],
    }),
  ],
);
