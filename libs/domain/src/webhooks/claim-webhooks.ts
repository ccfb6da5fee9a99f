import { and, asc, eq, isNull, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import {
  build,
  limit,
  returning,
  shopifyConnections,
  statement,
  tryLockExclusive,
  webhookEvents,
  type Tx,
} from '@core/db';
import type { WebhookTopic } from './topics.ts';

/** A waiting webhook, locked by this transaction. */
export interface WaitingWebhook {
  id: string;
  merchantId: MerchantId;
  shop: string;
  topic: WebhookTopic;
  eventId: string;
  /** The privacy request recorded with it; null when it has none or an earlier build stored it. */
  requestId: string | null;
  /** Encrypted: see decryptWebhookBody. */
  body: string;
  /** Number of earlier attempts. */
  attempts: number;
  /** When the event happened: by Shopify's clock, else when it was received. */
  triggeredAt: Date;
  /** Whether the merchant still has the shop connected. */
  connected: boolean;
  /** Whether Shopify withholds the emails of the shop's customers from the app. */
  emailsWithheld: boolean;
}

const IS_DUE = and(isNull(webhookEvents.outcome), sql`${webhookEvents.nextAttemptAt} <= now()`);

const FIND_SHOPS = statement({
  crosses: 'queues',
  row: { merchantId: webhookEvents.merchantId, shop: webhookEvents.shop },
  text: (_, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(IS_DUE)
      .groupBy(webhookEvents.merchantId, webhookEvents.shop)
      .orderBy(sql`random()`)
      .limit(20),
});

const IS_UNINSTALL = sql`${webhookEvents.topic} = 'app/uninstalled'`;

const FIND_UNINSTALLED = statement({
  crosses: 'queues',
  row: { merchantId: webhookEvents.merchantId, shop: webhookEvents.shop },
  text: (_, row) => build.selectDistinct(row).from(webhookEvents).where(and(IS_DUE, IS_UNINSTALL)).limit(20),
});

const isConnection = (merchantId: SQLWrapper, shop: SQLWrapper, which?: SQL): SQL<boolean> => {
  const isIt = and(
    sql`${shopifyConnections.merchantId} = ${merchantId}`,
    sql`${shopifyConnections.shop} = ${shop}`,
    which,
  );
  return sql`exists (select from ${shopifyConnections} where ${isIt})`;
};

const take = (which?: SQL) =>
  statement({
    params: { merchantId: webhookEvents.merchantId, shop: webhookEvents.shop, most: limit },
    text: ({ merchantId, shop, most }) =>
      returning(
        {
          id: webhookEvents.id,
          merchantId: webhookEvents.merchantId,
          shop: webhookEvents.shop,
          topic: sql<WebhookTopic>`${webhookEvents.topic}`,
          eventId: webhookEvents.eventId,
          requestId: webhookEvents.requestId,
          // A waiting webhook has a body.
          body: sql<string>`${webhookEvents.body}`,
          attempts: webhookEvents.attempts,
          triggeredAt: sql<Date>`coalesce(${webhookEvents.triggeredAt}, ${webhookEvents.receivedAt})`,
          connected: isConnection(merchantId, shop),
          emailsWithheld: isConnection(
            merchantId,
            shop,
            sql`${shopifyConnections.customerAccess} in ('no_email', 'none')`,
          ),
        },
        (row) =>
          build
            .select(row)
            .from(webhookEvents)
            .where(and(eq(webhookEvents.merchantId, merchantId), eq(webhookEvents.shop, shop), IS_DUE, which))
            .orderBy(asc(webhookEvents.id))
            .limit(most)
            .for('update', { skipLocked: true }),
      ),
  });
const TAKE = take();
const TAKE_UNINSTALLS = take(IS_UNINSTALL);

/**
 * Locks the due webhooks of one shop of a merchant, oldest first, for the duration of the caller's
 * transaction. A shop belongs to one worker at a time, so its webhooks are applied in order. The shop is
 * chosen at random among those that wait, so that a shop with a long queue does not hold up the others. If
 * two merchants have the shop, the webhooks of one merchant are processed at a time.
 *
 * Uninstalls are claimed first: until one is applied, an import continues to query a shop that has left.
 */
export async function claimWebhooks(tx: Tx, { most }: { most: number }): Promise<WaitingWebhook[]> {
  for (const [find, claim] of [
    [FIND_UNINSTALLED, TAKE_UNINSTALLS],
    [FIND_SHOPS, TAKE],
  ] as const) {
    for (const { merchantId, shop } of await tx.run(find)) {
      // Held until the transaction ends. Row locks alone are not enough: a second worker would skip them and
      // claim the shop's next webhooks.
      if (!(await tryLockExclusive(tx, `webhooks|${shop}`))) continue;
      const taken = await tx.run(claim, { merchantId, shop, most });
      if (taken.length > 0) return taken;
    }
  }
  return [];
}
