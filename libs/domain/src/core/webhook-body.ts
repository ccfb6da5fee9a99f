import { createHash } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { decryptValue, encryptValue, keyedHash, type MerchantKeys } from '@core/crypto';
import { type Reader } from '@core/db';
import type { Keys } from './context.ts';

/** Identifies a webhook; its body can be decrypted for no other one. */
interface WebhookIdentity {
  merchantId: MerchantId;
  /** Lower case. */
  shop: string;
  topic: string;
  eventId: string;
}

/** Encrypts a webhook's body as encryptValue does: the body is personal data. */
export const encryptWebhookBody = (keys: MerchantKeys, webhook: WebhookIdentity, body: Buffer): string =>
  encryptValue(keys, body, webhookContext(webhook));

/** @throws KeyError when the merchant's key is missing or destroyed, or the stored value was changed */
export const decryptWebhookBody = (
  reader: Reader,
  { keys }: Keys,
  webhook: WebhookIdentity & { body: string },
): Promise<Buffer> => {
  const { merchantId, body: value } = webhook;
  return decryptValue(reader, keys, { merchantId, value, context: webhookContext(webhook) });
};

/**
 * Identifies a webhook among others of its event once its body is deleted. The hash is keyed, because the
 * plain digest of a short body with an email can be guessed.
 */
export const webhookHash = (keys: MerchantKeys, topic: string, body: Buffer): Buffer =>
  keyedHash(keys, 'webhook', `${topic}|${createHash('sha256').update(body).digest('hex')}`);

/** Returns the context that an encrypted body is bound to. */
export const webhookContext = ({ merchantId, shop, topic, eventId }: WebhookIdentity): string =>
  `${merchantId}|${shop}|webhook|${topic}|${eventId}`;
