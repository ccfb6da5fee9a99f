import { openValue, sealValue, type MerchantKeys, type MerchantKeyStore, type Reader } from '@core/db';

/** What names a webhook; its body opens for no other. */
interface WebhookIdentity {
  merchantId: string;
  /** Lower case. */
  shop: string;
  topic: string;
  eventId: string;
}

/** As sealValue: a webhook's body is a person's data. */
export const sealWebhookBody = (keys: MerchantKeys, webhook: WebhookIdentity, body: Buffer): string =>
  sealValue(keys, body, webhookContext(webhook));

/** @throws KeyError when the merchant's key is gone or the stored value was changed */
export const openWebhookBody = (
  reader: Reader,
  keys: MerchantKeyStore,
  webhook: WebhookIdentity & { body: string },
): Promise<Buffer> => {
  const { merchantId, body: value } = webhook;
  return openValue(reader, keys, { merchantId, value, context: webhookContext(webhook) });
};

/** What a sealed body is bound to. */
export const webhookContext = ({ merchantId, shop, topic, eventId }: WebhookIdentity): string =>
  `${merchantId}|${shop}|webhook|${topic}|${eventId}`;
