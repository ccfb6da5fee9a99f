/** What is done with a webhook, by Shopify's name of its topic. Others are not stored. */
export const WEBHOOK_TOPICS = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'bulk_operations/finish',
  'customers/data_request',
  'customers/redact',
  'shop/redact',
] as const;

export type WebhookTopic = (typeof WEBHOOK_TOPICS)[number];

export const isWebhookTopic = (topic: string): topic is WebhookTopic =>
  (WEBHOOK_TOPICS as readonly string[]).includes(topic);

/** By them a shop asks for what the laws demand: a webhook of them is kept until it is done. */
export const PRIVACY_TOPICS = [
  'customers/data_request',
  'customers/redact',
  'shop/redact',
] as const satisfies readonly WebhookTopic[];

export type PrivacyTopic = (typeof PRIVACY_TOPICS)[number];

export const isPrivacyTopic = (topic: string): topic is PrivacyTopic =>
  (PRIVACY_TOPICS as readonly string[]).includes(topic);

/** The worker listens on it: webhooks wait. */
export const WEBHOOKS_CHANNEL = 'webhooks';
