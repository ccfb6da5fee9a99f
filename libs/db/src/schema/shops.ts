import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  timestamp,
  uniqueIndex,
  uuid,
  varchar,
} from 'drizzle-orm/pg-core';
import { customerId, instant, merchantId } from './columns.ts';

/**
 * The merchant of a shop, for callers that know only the shop, such as a webhook. An entry outlives its
 * connection: after an uninstall it finds the owner of the shop's data for shop/redact, 48 hours later. It
 * is looked up by shop across all merchants, so its keys begin with the shop and not with the merchant. It
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
    /** The installation of the app that the connection belongs to: see appInstallations. */
    generation: integer('generation').notNull().default(1),
    /**
     * When the shop last accepted a token of this connection as proof, by Shopify's clock; null: before this
     * was recorded.
     */
    provenAt: instant('proven_at'),
    /** When the connection ended; null while the shop is connected. */
    endedAt: instant('ended_at'),
    /** uninstalled: in Shopify; disconnected: by the merchant, while the app stays installed. */
    endReason: varchar('end_reason').$type<'uninstalled' | 'disconnected'>(),
  },
  (t) => [
    primaryKey({ columns: [t.shop, t.merchantId] }),
    index('idx_shop_directory_merchant').on(t.merchantId, t.shop),
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

/**
 * The installations of the app in a shop, for whichever merchant: a webhook of an earlier installation must
 * not end a later one. It has no merchant, because Shopify also reports shops that none has connected, and
 * it outlives the shop's data for the same reason.
 */
export const appInstallations = pgTable('app_installations', {
  shopId: bigint('shop_id', { mode: 'bigint' }).primaryKey(),
  /** Counts up with each uninstall. */
  generation: integer('generation').notNull().default(1),
  /** The latest uninstall, by Shopify's clock. */
  uninstalledAt: instant('uninstalled_at').notNull(),
  /** Uninstalls whose shop/redact has not arrived yet, the earliest first. */
  unredacted: timestamp('unredacted', { withTimezone: true }).array().notNull(),
  /** The latest shop/redact that was assigned to an uninstall: it may be delivered twice. */
  redactedAt: instant('redacted_at'),
  /**
   * The latest uninstall that waits for no shop/redact any more. One that is delivered again is not in
   * `unredacted`, and is recognized by this time.
   */
  settledUntil: instant('settled_until'),
});

/**
 * Shops whose tokens one request is about to replace. It has no merchant, because a grant retires the stored
 * tokens of the shop, whichever merchant has them. A row is deleted when its request ends.
 */
export const connectLeases = pgTable('connect_leases', {
  shop: varchar('shop').primaryKey(),
  /** Until this time no other request connects the shop, unless the row is deleted. */
  heldUntil: instant('held_until').notNull(),
});

/** Install links that were used, until they expire: each works once. */
export const usedInstallLinks = pgTable(
  'used_install_links',
  {
    merchantId: merchantId().notNull(),
    linkId: uuid('link_id').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.linkId] })],
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
    /** The access scopes of the token; null: not known. */
    scopes: varchar('scopes').array(),
    /** When these were the scopes, by Shopify's clock; null: before this was recorded. */
    scopesAt: instant('scopes_at'),
    /** The name of the shop's plan; null: not known. */
    plan: varchar('plan'),
    /** The IANA name of the shop's time zone, such as Europe/Berlin; null: not known. */
    timeZone: varchar('time_zone'),
    /**
     * The customer data that Shopify's approval lets the app read: all, all but the emails, or none; null:
     * not known.
     */
    customerAccess: varchar('customer_access').$type<'all' | 'no_email' | 'none'>(),
    /**
     * The time until which one process refreshes the tokens. The others wait for the tokens that it stores.
     */
    refreshingUntil: instant('refreshing_until'),
    /** Since when Shopify refuses the access token, and no other can be requested; null: it is accepted. */
    refusedAt: instant('refused_at'),
    /** When an importer checks the subscriptions to webhooks next; null: at once. */
    webhooksDueAt: instant('webhooks_due_at'),
    /** The topics to which the last check could not subscribe: `<reason> <topic>`; null: not checked. */
    webhookProblems: varchar('webhook_problems').array(),
    /**
     * When the shop last accepted the token at a check of its webhooks, by Shopify's clock; null: not since
     * the merchant connected it. Not proven_at, by which a late app/uninstalled is recognized: Shopify does
     * not document how fast it ends a token.
     */
    answeredAt: instant('answered_at'),
    /** The shop refused the token at the last check that it answered. */
    isRefused: boolean('is_refused').notNull().default(false),
    /** When an importer looks for changes that webhooks have missed; null: not planned yet. */
    reconcileDueAt: instant('reconcile_due_at'),
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
    // An importer claims the shop that has waited longest.
    index('idx_shopify_connections_webhooks_due').on(t.webhooksDueAt.asc().nullsFirst()),
    index('idx_shopify_connections_reconcile_due').on(t.reconcileDueAt.asc().nullsFirst()),
  ],
);

/**
 * - on: segments are written to the customers of the shop
 * - off: the merchant has turned it off; metafields in the shop are removed
 * - ended: the connection has ended, and the rows of segment_writes are deleted
 */
export const SEGMENT_SYNC_STATES = ['on', 'off', 'ended'] as const;
export type SegmentSyncState = (typeof SEGMENT_SYNC_STATES)[number];

/**
 * The writing of segments to the customers of a shop, from when it was turned on or off until nothing of it
 * is left. A shop has one that has not ended. It begins by removing metafields that the shop may have from
 * before.
 */
export const segmentSyncs = pgTable(
  'segment_syncs',
  {
    id: uuid('id')
      .notNull()
      .default(sql`uuidv7()`),
    merchantId: merchantId().notNull(),
    shop: varchar('shop').notNull(),
    state: varchar('state').$type<SegmentSyncState>().notNull().default('on'),
    /** When the shop was last seen without metafields; null: those that it may have are to be removed. */
    clearedAt: instant('cleared_at'),
    /**
     * Until this time the shop may delete what is written: it deletes the metafields of a removed definition
     * after its answer. Null: nothing was removed.
     */
    settlesAt: instant('settles_at'),
    /** When the definitions of the metafields were created in the shop; null: not yet, or no longer there. */
    definedAt: instant('defined_at'),
    /** The last customer that was compared, in the order of changes. */
    changedAt: instant('changed_at')
      .notNull()
      .default(sql`'epoch'`),
    changedId: customerId('changed_id')
      .notNull()
      .default(sql`'00000000-0000-0000-0000-000000000000'`),
    /** Customers that have metafields in the shop. */
    customersWritten: bigint('customers_written', { mode: 'number' }).notNull().default(0),
    /** Customers that the shop has refused. */
    customersRefused: bigint('customers_refused', { mode: 'number' }).notNull().default(0),
    /** When the shop last had the segment of every customer. */
    completedAt: instant('completed_at'),
    /** The obstacle, in words for the merchant; null: none. */
    lastError: varchar('last_error'),
    /** Failures in a row; stored because another process may continue. */
    failures: integer('failures').notNull().default(0),
    nextAt: instant('next_at').notNull().defaultNow(),
    /** Fencing token, raised whenever the sync is handed out, turned off or ended. */
    fence: integer('fence').notNull().default(0),
    leaseUntil: instant('lease_until'),
    createdAt: instant('created_at').notNull().defaultNow(),
  },
  (t) => [
    primaryKey({ columns: [t.merchantId, t.id] }),
    uniqueIndex('uq_segment_syncs_shop')
      .on(t.merchantId, t.shop)
      .where(sql`${t.state} <> 'ended'`),
    // Importers look for due syncs of all merchants.
    index('idx_segment_syncs_next_at').on(t.nextAt),
    check(
      'ck_segment_syncs_state',
      sql`${t.state} in (${sql.raw(SEGMENT_SYNC_STATES.map((state) => `'${state}'`).join(', '))})`,
    ),
  ],
);

/**
 * The metafields that a shop has of each customer. The row outlives the customer's score and the customer:
 * it is deleted once the shop has deleted the metafields.
 */
export const segmentWrites = pgTable(
  'segment_writes',
  {
    merchantId: merchantId().notNull(),
    syncId: uuid('sync_id').notNull(),
    customerId: customerId().notNull(),
    shop: varchar('shop').notNull(),
    /** The number in gid://shopify/Customer/7. */
    shopCustomer: bigint('shop_customer', { mode: 'bigint' }).notNull(),
    /** Null in both: the person was erased, and the metafields are still to be deleted. */
    writtenSegment: varchar('written_segment'),
    writtenScore: varchar('written_score'),
    /** Shopify's code, if the shop has refused these values; null: it has them. */
    refused: varchar('refused'),
  },
  (t) => [primaryKey({ columns: [t.merchantId, t.syncId, t.customerId] })],
);
