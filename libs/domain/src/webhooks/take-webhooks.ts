import { tryLockName, type Tx } from '@core/db';
import type { WebhookTopic } from './topics.ts';

/** A webhook that waits, in the hands of this transaction. */
export interface WaitingWebhook {
  id: string;
  merchantId: string;
  shop: string;
  topic: WebhookTopic;
  eventId: string;
  /** The privacy request that was written down with it; null: of none, or of an earlier build. */
  requestId: string | null;
  /** Sealed: see openWebhookBody. */
  body: string;
  /** How often it was tried before. */
  attempts: number;
}

/**
 * Takes the webhooks of one shop that are due, oldest first, for the time of the caller's transaction. A shop is one
 * worker's at a time, so that its webhooks are applied in their order; which of the shops that wait is chance, so
 * that one with a long queue does not hold up the others.
 */
export async function takeWebhooks(tx: Tx, most: number): Promise<WaitingWebhook[]> {
  const shops = await tx.query<{ shop: string }>(
    `select shop from webhook_events where outcome is null and next_attempt_at <= now()
      group by shop order by random() limit 20`,
  );
  for (const { shop } of shops) {
    // Until the transaction ends. Rows alone would not do: a second worker would skip them and take the shop's next.
    if (!(await tryLockName(tx, `webhooks|${shop}`))) continue;
    const taken = await tx.query<WaitingWebhook & Record<string, unknown>>(
      `select id, merchant_id as "merchantId", shop, topic, event_id as "eventId", request_id as "requestId",
              body, attempts
         from webhook_events
        where shop = $1 and outcome is null and next_attempt_at <= now()
        order by id limit $2 for update skip locked`,
      [shop, most],
    );
    if (taken.length > 0) return taken;
  }
  return [];
}
