import { PRIVACY_TOPICS } from '../privacy/index.ts';

/** The topics of handled webhooks, by Shopify's names. Webhooks of other topics are not stored. */
export const WEBHOOK_TOPICS = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'bulk_operations/finish',
  'app/uninstalled',
  'app/scopes_update',
  ...PRIVACY_TOPICS,
] as const;

export type WebhookTopic = (typeof WEBHOOK_TOPICS)[number];

/**
 * The topics that the app subscribes to. Those of privacy are not among them: they are part of the app's
 * configuration at Shopify, and no subscription by the Admin API can name them.
 */
export const SUBSCRIBED_TOPICS: readonly WebhookTopic[] = WEBHOOK_TOPICS.filter(
  (topic) => !PRIVACY_TOPICS.some((each) => each === topic),
);

/**
 * Returns the topic that a text names, in any case and with any separators between its words or none. This
 * covers the spellings of paths, proxy headers and enums: CUSTOMERS_REDACT (the name in Shopify's schema),
 * customersRedact, /customers%2Fredact/. No two topics differ in these alone.
 */
export const webhookTopic = (name: string): WebhookTopic | undefined => {
  const spelling = flat(name);
  return WEBHOOK_TOPICS.find((topic) => flat(topic) === spelling);
};

const LONGEST_TOPIC = 100;

const flat = (name: string): string =>
  name.length > LONGEST_TOPIC ? '' : name.toLowerCase().replace(/%2f|%20|[\s/\\_.:+-]/g, '');

/** The channel on which the worker is notified of waiting webhooks. */
export const WEBHOOKS_CHANNEL = 'webhooks';
