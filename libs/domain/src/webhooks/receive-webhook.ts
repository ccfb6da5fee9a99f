import { and, eq, sql } from 'drizzle-orm';
import {
  bare,
  build,
  insertValues,
  many,
  ONE,
  oneOf,
  privacyRequests,
  returning,
  statement,
  webhookEvents,
  type Tx,
} from '@core/db';
import { sealWebhookBody, shopifyId, webhookHash, type CommandContext } from '../core/index.ts';
import { connectionOfWebhook, SHOP_OF_WEBHOOK } from '../imports/index.ts';
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

const INSERT = statement({
  params: {
    merchantId: webhookEvents.merchantId,
    shop: webhookEvents.shop,
    topic: webhookEvents.topic,
    eventId: webhookEvents.eventId,
    requestId: webhookEvents.requestId,
    bodyHash: webhookEvents.bodyHash,
    body: webhookEvents.body,
    nameMarks: webhookEvents.nameMarks,
  },
  row: ONE,
  text: (p, row) => sql`
    ${insertValues(webhookEvents, p)}
    on conflict (${bare(webhookEvents.merchantId, webhookEvents.shop, webhookEvents.topic, webhookEvents.eventId)}) do nothing
    returning ${row}`,
});

/**
 * Writes a webhook down for the worker, once for each merchant, shop, topic, event id and body. Nothing is stored of a shop that no
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
  const nameMarks = marksInBody(keys, body);
  const own = idByBody(input.eventId, bodyHash);
  for (const eventId of [input.eventId, own]) {
    const webhook = { merchantId, shop, topic, eventId };
    const request = await requestOf(tx, merchantId, topic, [input.requestNumber ?? eventId, own]);
    const stored = await tx.run(INSERT, {
      ...webhook,
      requestId: request?.requestId,
      bodyHash,
      body: sealWebhookBody(keys, webhook, body),
      nameMarks,
    });
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

const FIND_REQUESTS = statement({
  params: { merchantId: privacyRequests.merchantId, ids: many(privacyRequests.requestId) },
  row: { requestId: privacyRequests.requestId, kind: privacyRequests.kind },
  text: (p, row) =>
    build
      .select(row)
      .from(privacyRequests)
      .where(and(eq(privacyRequests.merchantId, p.merchantId), oneOf(privacyRequests.requestId, p.ids))),
});

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
  const known = await tx.run(FIND_REQUESTS, { merchantId, ids });
  const kindOf = (id: string) => known.find(({ requestId }) => requestId === id)?.kind;
  const fits = (id: string) => [undefined, kind, 'unknown'].includes(kindOf(id));
  const requestId = ids.find(fits) ?? shopifyRequestId(numbers[1]);
  return { merchantId, requestId, kind, isNew: kindOf(requestId) === undefined };
}

const FIND_CONNECTION = statement({
  crosses: 'shops',
  params: SHOP_OF_WEBHOOK,
  text(p) {
    const connection = connectionOfWebhook(p);
    const { merchantId, shop, shopId } = connection;
    return returning(
      {
        /** Null: unproven. */
        merchantId: sql<string | null>`set_config('core.merchant_id', ${merchantId}::text, true)`,
        /** As it is connected: a webhook of a renamed shop belongs to the connection of its former name. */
        shop,
        shopId,
      },
      (row) => sql`select ${row} from ${connection} limit 1`,
    );
  },
});

/** In the one transaction that learns on its way whose it is. */
async function findConnection(tx: Tx, { shop, shopId, shopIdFinds = false }: ReceiveWebhook) {
  const number = shopIdFinds && shopId !== undefined && shopifyId(shopId) === shopId ? shopId : null;
  const [connection] = await tx.run(FIND_CONNECTION, { shop: shop?.toLowerCase(), shopId: number });
  return connection;
}
