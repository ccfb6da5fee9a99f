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

/** What the law has us do: a webhook of them is kept until it is done. */
export const PRIVACY_TOPICS: readonly WebhookTopic[] = [
  'customers/data_request',
  'customers/redact',
  'shop/redact',
];

/** The worker listens on it: webhooks wait. */
export const WEBHOOKS_CHANNEL = 'webhooks';
