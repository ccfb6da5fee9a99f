import { and, eq } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { KeyError, type MerchantKeys } from '@core/crypto';
import { build, statement, webhookEvents, type Tx } from '@core/db';
import { decryptWebhookBody, webhookHash, type Keys } from '../core/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import type { WebhookTopic } from './topics.ts';

/** The digits of a hash that are kept: 128 bits, so that the id of a privacy request still fits behind its prefix. */
const DIGITS = 32;

/** The id of a webhook whose event's id another body has. The same webhook gets it again whenever it comes. */
export const idByBody = (eventId: string, bodyHash: Buffer): string =>
  `${eventId}.${bodyHash.toString('hex').slice(0, DIGITS)}`;

interface StoredWebhook {
  merchantId: MerchantId;
  shop: string;
  topic: WebhookTopic;
  eventId: string;
  bodyHash: Buffer;
}

const FIND = statement({
  params: {
    merchantId: webhookEvents.merchantId,
    shop: webhookEvents.shop,
    topic: webhookEvents.topic,
    eventId: webhookEvents.eventId,
  },
  row: { bodyHash: webhookEvents.bodyHash, body: webhookEvents.body },
  text: (p, row) =>
    build
      .select(row)
      .from(webhookEvents)
      .where(
        and(
          eq(webhookEvents.merchantId, p.merchantId),
          eq(webhookEvents.shop, p.shop),
          eq(webhookEvents.topic, p.topic),
          eq(webhookEvents.eventId, p.eventId),
        ),
      ),
});

/**
 * Whether the webhook that is stored under this id is the same one, come again. A shop's redaction always is,
 * for it says no more than which shop.
 *
 * A webhook that an earlier build stored and that is done has nothing left to compare: the request of a
 * person then counts as another, because the second of two would be lost for good, and doing it twice does no
 * harm; any other counts as the same, because the next import reads its content.
 */
export async function isSameWebhook(
  tx: Tx,
  ctx: Keys,
  keys: MerchantKeys,
  { bodyHash, ...webhook }: StoredWebhook,
): Promise<boolean> {
  const [stored] = await tx.run(FIND, webhook);
  // It was pruned meanwhile.
  if (!stored) return false;
  if (webhook.topic === 'shop/redact') return true;
  const held = { ...webhook, body: stored.body };
  const before = stored.bodyHash ?? (await hashOfHeld(tx, ctx, keys, held));
  return before ? before.equals(bodyHash) : !REQUEST_KINDS[webhook.topic];
}

/** Undefined: the body is gone, or does not open. */
async function hashOfHeld(
  tx: Tx,
  ctx: Keys,
  keys: MerchantKeys,
  { body, ...webhook }: Omit<StoredWebhook, 'bodyHash'> & { body: string | null },
): Promise<Buffer | undefined> {
  if (!body) return undefined;
  try {
    return webhookHash(keys, webhook.topic, await decryptWebhookBody(tx, ctx, { ...webhook, body }));
  } catch (error) {
    if (error instanceof KeyError) return undefined;
    throw error;
  }
}
