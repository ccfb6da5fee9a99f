import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { build, limit, statement, tryLockName, webhookEvents, type Tx } from '@core/db';
import type { WebhookTopic } from './topics.ts';

/** A webhook that waits, in the hands of this transaction. */
export interface WaitingWebhook {
  id: string;
  merchantId: MerchantId;
  shop: string;
  topic: WebhookTopic;
  eventId: string;
  /** The privacy request recorded with it; null: it has none, or an earlier build stored it. */
  requestId: string | null;
  /** Encrypted: see decryptWebhookBody. */
  body: string;
  /** How often it was tried before. */
  attempts: number;
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

const TAKE = statement({
  params: { merchantId: webhookEvents.merchantId, shop: webhookEvents.shop, most: limit },
  row: {
    id: webhookEvents.id,
    merchantId: webhookEvents.merchantId,
    shop: webhookEvents.shop,
    topic: sql<WebhookTopic>`${webhookEvents.topic}`,
    eventId: webhookEvents.eventId,
    requestId: webhookEvents.requestId,
    // One that waits has it.
    body: sql<string>`${webhookEvents.body}`,
    attempts: webhookEvents.attempts,
  },
  text: (p, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(and(eq(webhookEvents.merchantId, p.merchantId), eq(webhookEvents.shop, p.shop), IS_DUE))
      .orderBy(asc(webhookEvents.id))
      .limit(p.most)
      .for('update', { skipLocked: true }),
});

/**
 * Takes the webhooks of one shop of a merchant that are due, oldest first, for the time of the caller's
 * transaction. A shop is one worker's at a time, so that its webhooks are applied in their order; the shop is
 * chosen at random among those that wait, so that one with a long queue does not hold up the others. If two
 * merchants have the shop, one's webhooks are taken at a time.
 */
export async function takeWebhooks(tx: Tx, { most }: { most: number }): Promise<WaitingWebhook[]> {
  const shops = await tx.run(FIND_SHOPS);
  for (const { merchantId, shop } of shops) {
    // Until the transaction ends. Rows alone would not do: a second worker would skip them and take the shop's next.
    if (!(await tryLockName(tx, `webhooks|${shop}`))) continue;
    const taken = await tx.run(TAKE, { merchantId, shop, most });
    if (taken.length > 0) return taken;
  }
  return [];
}
