import { and, eq } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { KeyError, type MerchantKeys } from '@core/crypto';
import { build, statement, webhookEvents, type Tx } from '@core/db';
import { decryptWebhookBody, webhookHash, type Keys } from '../core/index.ts';
import { REQUEST_KINDS } from './request-kinds.ts';
import type { WebhookTopic } from './topics.ts';

/**
 * Hex digits of a hash that are kept: 128 bits, so that the id of a privacy request still fits after its
 * prefix.
 */
const DIGITS = 32;

/**
 * Returns the id of a webhook whose event id already belongs to another body. The same webhook gets the same
 * id on each delivery.
 */
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
 * Whether the webhook stored under this id is the same one, delivered again. A shop's redaction always is,
 * because it contains nothing but the shop.
 *
 * A webhook that an earlier build stored and completed has nothing left to compare. A person's request then
 * counts as another one: the second of two would otherwise be lost permanently, and serving it twice does no
 * harm. Any other webhook counts as the same, because the next import reads its content.
 */
export async function isSameWebhook(
  tx: Tx,
  ctx: Keys,
  keys: MerchantKeys,
  { bodyHash, ...webhook }: StoredWebhook,
): Promise<boolean> {
  const [stored] = await tx.run(FIND, webhook);
  // It was pruned in the meantime.
  if (!stored) return false;
  if (webhook.topic === 'shop/redact') return true;
  const held = { ...webhook, body: stored.body };
  const before = stored.bodyHash ?? (await hashOfHeld(tx, ctx, keys, held));
  return before ? before.equals(bodyHash) : !REQUEST_KINDS[webhook.topic];
}

/** Returns undefined when the body is deleted or cannot be decrypted. */
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
