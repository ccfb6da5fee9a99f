import { isJsonObject } from '@core/contracts';
import { UnusableAnswer } from '../answers/errors.ts';
import type { ShopClient } from '../client/shop-client.ts';

// The subscriptions that an app makes in one shop, by the Admin API. They belong to the app: no other app
// sees them, and an uninstall deletes them. Those of the app's configuration file are for all of its shops,
// and no API lists them.
// Source: shopify.dev/docs/apps/build/webhooks/subscribe (app-specific and shop-specific subscriptions),
// shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscriptions.

export const LIST_SUBSCRIPTIONS = `query Subscriptions($topics: [WebhookSubscriptionTopic!], $after: String) {
  webhookSubscriptions(first: 100, topics: $topics, after: $after) {
    nodes { id topic uri format filter includeFields }
    pageInfo { hasNextPage endCursor }
  }
}`;
export const CREATE_SUBSCRIPTION = `mutation Subscribe($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: { uri: $uri, format: JSON }) {
    webhookSubscription { id } userErrors { message }
  }
}`;
export const MOVE_SUBSCRIPTION = `mutation MoveSubscription($id: ID!, $uri: String!) {
  webhookSubscriptionUpdate(id: $id, webhookSubscription: { uri: $uri }) {
    webhookSubscription { id } userErrors { message }
  }
}`;
export const DELETE_SUBSCRIPTION = `mutation Unsubscribe($id: ID!) {
  webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { message } }
}`;

/** Requested points, until a reply reports the actual cost. */
const LIST_COST = 12;
const MUTATION_COST = 10;

/** A list of more pages than an app can have subscriptions to our topics: its cursor does not move on. */
const MOST_PAGES = 50;

export interface Subscription {
  id: string;
  /** Shopify's name, such as customers/update. */
  topic: string;
  uri: string;
  /** Whether it sends every event with all fields as JSON. */
  isWhole: boolean;
}

/** Returns the name of a topic in GraphQL, such as CUSTOMERS_UPDATE. */
const graphqlTopic = (topic: string): string => topic.toUpperCase().replace('/', '_');

/** Lists the app's own subscriptions of the shop to these topics. @throws as ShopClient */
export async function listSubscriptions(
  client: Pick<ShopClient, 'graphql'>,
  topics: readonly string[],
): Promise<Subscription[]> {
  const names = new Map(topics.map((topic) => [graphqlTopic(topic), topic]));
  const found: Subscription[] = [];
  let after: string | null = null;
  for (let page = 0; page < MOST_PAGES; page++) {
    const { data } = await client.graphql({
      document: LIST_SUBSCRIPTIONS,
      variables: { topics: [...names.keys()], after },
      cost: LIST_COST,
      follows: true,
    });
    const { nodes, next } = readPage(data['webhookSubscriptions']);
    for (const node of nodes) {
      const topic = names.get(textOf(node['topic']));
      // Asked for by topic; another one is not ours to change.
      if (topic !== undefined) found.push({ topic, ...readNode(node) });
    }
    if (next === null) return found;
    after = next;
  }
  throw new UnusableAnswer('other_form', 'the list of subscriptions does not end');
}

function readPage(answer: unknown): { nodes: Record<string, unknown>[]; next: string | null } {
  const { nodes, pageInfo } = isJsonObject(answer) ? answer : {};
  if (!Array.isArray(nodes) || !nodes.every(isJsonObject) || !isJsonObject(pageInfo)) {
    throw new UnusableAnswer('other_form', 'the reply has no subscriptions');
  }
  return { nodes, next: pageInfo['hasNextPage'] === true ? textOf(pageInfo['endCursor']) : null };
}

function readNode(node: Record<string, unknown>): Omit<Subscription, 'topic'> {
  const { format, filter, includeFields } = node;
  const isWhole =
    format === 'JSON' && !filter && (!Array.isArray(includeFields) || includeFields.length === 0);
  return { id: textOf(node['id']), uri: textOf(node['uri']), isWhole };
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  throw new UnusableAnswer('other_form', 'the reply has a subscription without an id, topic or address');
};

/**
 * Why Shopify refuses a subscription: `not_approved`: the app may not receive protected customer data;
 * `refused`: any other reason.
 */
export type SubscriptionRefusal = 'not_approved' | 'refused';

/** Shopify's words, which name the rule and, at most, the address. */
export interface RefusedSubscription {
  why: SubscriptionRefusal;
  message: string;
}

/** Subscribes to a topic. @returns undefined when the shop now sends it. @throws as ShopClient */
export const createSubscription = (
  client: Pick<ShopClient, 'graphql'>,
  topic: string,
  uri: string,
): Promise<RefusedSubscription | undefined> =>
  mutate(client, CREATE_SUBSCRIPTION, 'webhookSubscriptionCreate', { topic: graphqlTopic(topic), uri });

/** Gives a subscription another address. @throws as ShopClient */
export const moveSubscription = (
  client: Pick<ShopClient, 'graphql'>,
  id: string,
  uri: string,
): Promise<RefusedSubscription | undefined> =>
  mutate(client, MOVE_SUBSCRIPTION, 'webhookSubscriptionUpdate', { id, uri });

/** @throws as ShopClient */
export const deleteSubscription = (
  client: Pick<ShopClient, 'graphql'>,
  id: string,
): Promise<RefusedSubscription | undefined> =>
  mutate(client, DELETE_SUBSCRIPTION, 'webhookSubscriptionDelete', { id });

async function mutate(
  client: Pick<ShopClient, 'graphql'>,
  document: string,
  name: string,
  variables: Record<string, unknown>,
): Promise<RefusedSubscription | undefined> {
  const { data } = await client.graphql({ document, variables, cost: MUTATION_COST, follows: true });
  const answer = data[name];
  const errors = isJsonObject(answer) ? answer['userErrors'] : undefined;
  if (!Array.isArray(errors)) throw new UnusableAnswer('other_form', `the reply has no ${name}`);
  if (errors.length === 0) return undefined;
  const message = errors
    .map((error) => (isJsonObject(error) && typeof error['message'] === 'string' ? error['message'] : ''))
    .join('; ')
    .slice(0, LONGEST_MESSAGE);
  // Shopify returns no code for these errors. Another importer may have subscribed meanwhile.
  if (/already been taken|does not exist/i.test(message)) return undefined;
  return { why: /protected customer data/i.test(message) ? 'not_approved' : 'refused', message };
}

const LONGEST_MESSAGE = 300;
