import type { Tx } from '@core/db';
import { sealWebhookBody, shopifyId, webhookHash, type CommandContext } from '../core/index.ts';
import { marksInBody, recordPrivacyRequest, type PrivacyRequestKind } from '../privacy/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { idByBody, isSameWebhook } from './same-webhook.ts';
import { shopifyRequestId } from './shopify-request-id.ts';
import { WEBHOOKS_CHANNEL, type WebhookTopic } from './topics.ts';

export interface ReceiveWebhook {
  /** By headers or body; the signature covers the body alone. Absent: the number says which. */
  shop?: string | undefined;
  /** The shop's number. */
  shopId?: string | undefined;
  /** Whether the number finds the shop: a renamed one is connected by its former name until it is moved. */
  shopIdFinds?: boolean | undefined;
  topic: WebhookTopic;
  /** The same over all deliveries of an event, and over its topics. */
  eventId: string;
  /** The number of a data_request, if Shopify gives it one. */
  requestNumber?: string | undefined;
  body: Buffer;
}

/**
 * Writes a webhook down for the worker, once for each shop, topic, event id and body. Nothing is stored of a shop that no
 * merchant has connected: it may be anybody's data, and there is no key to encrypt it with. It stores nothing
 * for an unproven connection either: the result is `unproven`, and Shopify retries while an importer asks the
 * shop. It stores nothing for a shop with the same name and another number (`other_shop`): the shop has a new
 * owner.
 *
 * The request of a person is written down with it, as pending: written down only where it is applied, one that cannot be
 * applied would be late without anybody's knowing.
 */
export async function receiveWebhook(
  tx: Tx,
  ctx: CommandContext,
  input: ReceiveWebhook,
): Promise<'stored' | 'duplicate' | 'unknown_shop' | 'unproven' | 'other_shop'> {
  const { topic, body } = input;
  const connection = await findConnection(tx, input);
  if (!connection) return 'unknown_shop';
  const { merchantId, shop } = connection;
  if (!merchantId) return 'unproven';
  if (input.shopId !== undefined && input.shopId !== connection.shopId) return 'other_shop';
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const bodyHash = webhookHash(keys, topic, body);
  const marks = marksInBody(keys, body);
  const own = idByBody(input.eventId, bodyHash);
  for (const eventId of [input.eventId, own]) {
    const webhook = { merchantId, shop, topic, eventId };
    const request = await requestOf(tx, merchantId, topic, [input.requestNumber ?? eventId, own]);
    const stored = await tx.query(
      `insert into webhook_events (merchant_id, shop, topic, event_id, request_id, body_hash, body, name_marks)
       values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (shop, topic, event_id) do nothing returning 1`,
      [
        merchantId,
        shop,
        topic,
        eventId,
        request?.requestId ?? null,
        bodyHash,
        sealWebhookBody(keys, webhook, body),
        marks,
      ],
    );
    if (stored.length > 0) {
      if (request?.isNew) await recordPrivacyRequest(tx, ctx, request);
      tx.announce(WEBHOOKS_CHANNEL);
      return 'stored';
    }
    if (await isSameWebhook(tx, ctx, keys, { ...webhook, bodyHash })) break;
  }
  return 'duplicate';
}

interface Request {
  merchantId: string;
  requestId: string;
  kind: PrivacyRequestKind;
  isNew: boolean;
}

/**
 * The request that a webhook is of, by the first of these ids that no request of another kind has. One of the same kind is
 * known: whether it is the same is compared where the webhook is applied, and its person known.
 */
async function requestOf(
  tx: Tx,
  merchantId: string,
  topic: WebhookTopic,
  numbers: readonly [string, string],
): Promise<Request | undefined> {
  const kind = REQUEST_KINDS[topic];
  if (!kind) return undefined;
  const ids = numbers.map(shopifyRequestId);
  const known = await tx.query<{ requestId: string; kind: PrivacyRequestKind }>(
    `select request_id as "requestId", kind from privacy_requests
      where merchant_id = $1 and request_id = any($2)`,
    [merchantId, ids],
  );
  const kindOf = (id: string) => known.find(({ requestId }) => requestId === id)?.kind;
  const fits = (id: string) => [undefined, kind, 'unknown'].includes(kindOf(id));
  const requestId = ids.find(fits) ?? shopifyRequestId(numbers[1]);
  return { merchantId, requestId, kind, isNew: kindOf(requestId) === undefined };
}

/** Named as it is connected: a webhook of a renamed shop belongs to the connection of its former name. */
interface Connection extends Record<string, unknown> {
  /** Null: unproven. */
  merchantId: string | null;
  shop: string;
  shopId: string;
}

/** In the one transaction that learns on its way whose it is. */
async function findConnection(
  tx: Tx,
  { shop, shopId, shopIdFinds = false }: ReceiveWebhook,
): Promise<Connection | undefined> {
  const number = shopIdFinds && shopId !== undefined && shopifyId(shopId) === shopId ? shopId : null;
  const [connection] = await tx.query<Connection>(
    `select set_config('core.merchant_id', merchant_id::text, true) as "merchantId", shop, shop_id as "shopId"
       from connection_of_webhook($1, $2) limit 1`,
    [shop?.toLowerCase() ?? null, number],
  );
  return connection;
}
