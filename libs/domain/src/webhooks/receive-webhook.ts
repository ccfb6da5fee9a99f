import { and, eq, sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { lockMerchantKeysShared } from '@core/crypto';
import {
  bare,
  build,
  insertValues,
  many,
  ONE,
  oneOf,
  privacyRequests,
  statement,
  webhookEvents,
  type Tx,
} from '@core/db';
import { encryptWebhookBody, webhookHash, type CommandContext } from '../core/index.ts';
import { hasShop, recordUninstall, type ShopEntry } from '../imports/index.ts';
import { marksInBody, recordPrivacyRequest, type PrivacyRequestKind } from '../privacy/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import { idByBody, isSameWebhook } from './same-webhook.ts';
import { shopifyRequestId } from './shopify-request-id.ts';
import { WEBHOOKS_CHANNEL, type WebhookTopic } from './topics.ts';

export interface ReceiveWebhook extends ShopEntry {
  topic: WebhookTopic;
  /** The same for all deliveries of an event, and for all its topics. */
  eventId: string;
  /** When the event happened, by Shopify's clock; absent: not known. */
  triggeredAt?: Date | undefined;
  /** The number of a data_request, if Shopify assigns one. */
  requestNumber?: string | undefined;
  body: Buffer;
}

const INSERT = statement({
  params: {
    merchantId: webhookEvents.merchantId,
    shop: webhookEvents.shop,
    topic: webhookEvents.topic,
    eventId: webhookEvents.eventId,
    triggeredAt: webhookEvents.triggeredAt,
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
 * Stores a webhook for the worker, once for each merchant, shop, topic, event id and body. The caller has
 * already found the owner (findShopOfWebhook), so that the transaction is the merchant's from its start.
 * Ownership is checked once more: nothing is stored for a merchant who has lost the shop since. Rejected:
 * locking the directory entry, which each webhook of a shop would write to, and would wait for while the shop
 * is moved.
 *
 * A person's request is recorded with the webhook, as pending. If it were recorded only when it is applied, a
 * request that cannot be applied would become overdue unnoticed.
 */
export async function receiveWebhook(
  tx: Tx,
  ctx: CommandContext,
  input: ReceiveWebhook,
): Promise<'stored' | 'duplicate' | 'lost_shop'> {
  const { merchantId, shop, shopId, topic, body } = input;
  // After the lock: a merchant whose keys have been destroyed no longer has a shop.
  const [, has] = await Promise.all([
    lockMerchantKeysShared(tx, merchantId),
    hasShop(tx, { merchantId, shop, shopId }),
  ]);
  if (!has) return 'lost_shop';
  if (topic === 'app/uninstalled')
    await recordUninstall(tx, { ...input, at: input.triggeredAt ?? new Date() });
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const bodyHash = webhookHash(keys, topic, body);
  const nameMarks = marksInBody(keys, body);
  const own = idByBody(input.eventId, bodyHash);
  for (const eventId of [input.eventId, own]) {
    const webhook = { merchantId, shop, topic, eventId };
    const request = await requestOf(tx, merchantId, topic, [input.requestNumber ?? eventId, own]);
    const stored = await tx.run(INSERT, {
      ...webhook,
      triggeredAt: input.triggeredAt,
      requestId: request?.requestId,
      bodyHash,
      body: encryptWebhookBody(keys, webhook, body),
      nameMarks,
    });
    if (stored.length > 0) {
      if (request?.isNew) await recordPrivacyRequest(tx, ctx, request);
      tx.notify(WEBHOOKS_CHANNEL);
      return 'stored';
    }
    if (await isSameWebhook(tx, ctx, keys, { ...webhook, bodyHash })) break;
  }
  return 'duplicate';
}

interface Request {
  merchantId: MerchantId;
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
 * Returns the request of a webhook, under the first of these ids that no request of another kind has. A
 * request of the same kind is already known. Whether it is the same request is compared when the webhook is
 * applied, because its person is known then.
 */
async function requestOf(
  tx: Tx,
  merchantId: MerchantId,
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
