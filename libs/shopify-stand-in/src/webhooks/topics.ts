import type { Topic } from './payloads.ts';

/**
 * The scope that a subscription to the topic requires.
 * Source: the descriptions of the enum WebhookSubscriptionTopic in Shopify's schema.
 */
const SCOPES: Partial<Record<Topic, string>> = {
  'customers/create': 'read_customers',
  'customers/update': 'read_customers',
  'customers/delete': 'read_customers',
  'customers/merge': 'read_customer_merge',
};
export const scopeOf = (topic: Topic): string | undefined => SCOPES[topic];

/** The topics that a subscription by GraphQL can name. The privacy topics are part of the configuration. */
const SUBSCRIBABLE: readonly Topic[] = [
  'customers/create',
  'customers/update',
  'customers/delete',
  'customers/merge',
  'bulk_operations/finish',
  'app/uninstalled',
  'app/scopes_update',
];

/** Sent although the app is not installed (any more). */
export const WITHOUT_APP: ReadonlySet<Topic> = new Set<Topic>([
  'app/uninstalled',
  'customers/data_request',
  'customers/redact',
  'shop/redact',
]);

/** Returns the name of a topic in GraphQL, such as CUSTOMERS_UPDATE. */
export const graphqlTopic = (topic: Topic): string => topic.toUpperCase().replace('/', '_');

/** Returns undefined for a topic that the stand-in does not send. */
export const topicOf = (name: string): Topic | undefined =>
  SUBSCRIBABLE.find((topic) => graphqlTopic(topic) === name);
