import type { Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import { recordPrivacyRequest } from './record-privacy-request.ts';
import { shopifyRequestId } from './shopify-request-id.ts';
import { WEBHOOKS_CHANNEL, type WebhookTopic } from './topics.ts';
import { sealWebhookBody } from './webhook-body.ts';

export interface ReceiveWebhook {
  /** As its header says; the signature covers the body alone. */
  shop: string;
  topic: WebhookTopic;
  /** X-Shopify-Event-Id: the same over all deliveries of an event, and over its topics. */
  eventId: string;
  /** The shop's number from the headers or the body; where both have it, both are equal. */
  shopId?: string | undefined;
  body: Buffer;
}

/**
 * Writes a webhook down for the worker, once for each shop, topic and event id. Nothing is stored of a shop that no
 * merchant has connected: it may be anybody's data, and there is no key to encrypt it with. It stores nothing
 * for an unproven connection either: the result is `unproven`, and Shopify retries while an importer asks the
 * shop. It stores nothing for a shop with the same name and another number (`other_shop`): the shop has a new
 * owner.
 *
 * A redaction's request is written down with it, as pending: written down only where it is applied, one that cannot be
 * applied would be late without anybody's knowing.
 */
export async function receiveWebhook(
  tx: Tx,
  ctx: CommandContext,
  input: ReceiveWebhook,
): Promise<'stored' | 'duplicate' | 'unknown_shop' | 'unproven' | 'other_shop'> {
  const { topic, eventId, body } = input;
  const shop = input.shop.toLowerCase();
  // The one transaction that learns whose it is on its way.
  const [connection] = await tx.query<{ merchantId: string | null; shopId: string }>(
    `select set_config('core.merchant_id', merchant_id::text, true) as "merchantId", shop_id as "shopId"
       from connection_of_shop($1)`,
    [shop],
  );
  if (!connection) return 'unknown_shop';
  const { merchantId } = connection;
  if (!merchantId) return 'unproven';
  if (input.shopId !== undefined && input.shopId !== connection.shopId) return 'other_shop';
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const sealed = sealWebhookBody(keys, { merchantId, shop, topic, eventId }, body);
  const stored = await tx.query(
    `insert into webhook_events (merchant_id, shop, topic, event_id, body)
     values ($1, $2, $3, $4, $5) on conflict (shop, topic, event_id) do nothing returning 1`,
    [merchantId, shop, topic, eventId, sealed],
  );
  if (stored.length === 0) return 'duplicate';
  if (topic === 'customers/redact') {
    const request = { merchantId, requestId: shopifyRequestId(eventId), kind: 'redact' as const };
    await recordPrivacyRequest(tx, ctx, request);
  }
  tx.announce(WEBHOOKS_CHANNEL);
  return 'stored';
}
