import { open, seal, type MerchantKeys, type MerchantKeyStore, type Reader } from '@core/db';

/** What names a webhook; its body opens for no other. */
interface WebhookIdentity {
  merchantId: string;
  /** Lower case. */
  shop: string;
  topic: string;
  eventId: string;
}

/** `<generation>.<sealed>` under the merchant's data key: a webhook's body is a person's data. */
export const sealWebhookBody = (keys: MerchantKeys, webhook: WebhookIdentity, body: Buffer): string =>
  `${keys.generation}.${seal(keys.dataKey, body, webhookContext(webhook))}`;

/** @throws KeyError when the merchant's key is gone or the stored value was changed */
export async function openWebhookBody(
  reader: Reader,
  keys: MerchantKeyStore,
  webhook: WebhookIdentity & { body: string },
): Promise<Buffer> {
  const dot = webhook.body.indexOf('.');
  const generation = Number(webhook.body.slice(0, dot));
  const { dataKey } = await keys.ofGeneration(reader, webhook.merchantId, generation);
  return open(dataKey, webhook.body.slice(dot + 1), webhookContext(webhook));
}

/** What a sealed body is bound to. */
export const webhookContext = ({ merchantId, shop, topic, eventId }: WebhookIdentity): string =>
  `${merchantId}|${shop}|webhook|${topic}|${eventId}`;
