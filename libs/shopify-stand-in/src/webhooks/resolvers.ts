import { PROTECTED_TOPIC } from '../approval.ts';
import { refused, unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import { isoSeconds } from '../customers.ts';
import { hasScope } from '../oauth/scopes.ts';
import type { Subscription } from './subscriptions.ts';
import { graphqlTopic, scopeOf, topicOf } from './topics.ts';

/** The shop-specific subscriptions of the Admin API. Those of the app's configuration are not among them. */
export const webhookQueries = { webhookSubscriptions, webhookSubscription };
export const webhookMutations = { webhookSubscriptionCreate, webhookSubscriptionDelete };

interface CreateArgs {
  topic: string;
  webhookSubscription: { uri?: string | null; callbackUrl?: string | null; format?: string | null };
}
interface ListArgs {
  first?: number | null;
  topics?: string[] | null;
  uri?: string | null;
  reverse: boolean;
  sortKey: string;
  [other: string]: unknown;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionCreate. */
function webhookSubscriptionCreate(
  { topic: name, webhookSubscription: input }: CreateArgs,
  context: Context,
) {
  const { shop } = context;
  const { broken } = shop.rules;
  const { uri: given, callbackUrl, format, ...others } = input;
  const topic = topicOf(name);
  if (!topic) throw unsupported(context, 'a subscription to a topic that it does not send');
  if (format === 'XML' || Object.values(others).some((value) => value != null))
    throw unsupported(context, 'subscriptions with filters, fields, names or another format');
  const scope = scopeOf(topic);
  const uri = given ?? callbackUrl ?? '';
  if (broken('webhook-topic-scope', scope !== undefined && !hasScope(shop.scopes, scope)))
    return failed(['topic'], 'You cannot create a webhook subscription with the specified topic');
  if (broken('webhook-protected-data', scope !== undefined && shop.approval === 'none'))
    return failed(['topic'], PROTECTED_TOPIC);
  if (broken('webhook-address', !isAddress(uri)))
    return failed(['webhookSubscription', 'callbackUrl'], 'Address is invalid');
  const isTaken = shop.subscriptions.list().some((other) => other.topic === topic && other.uri === uri);
  if (broken('webhook-taken', isTaken))
    return failed(['webhookSubscription', 'callbackUrl'], 'Address for this topic has already been taken');
  return { webhookSubscription: view(shop.subscriptions.add(topic, uri)), userErrors: [] };
}

const failed = (field: string[], message: string) => ({
  webhookSubscription: null,
  userErrors: [{ field, message }],
});

/** Tests receive webhooks on loopback addresses, which Shopify would refuse. */
const isAddress = (uri: string): boolean =>
  /^(?:https:\/\/|http:\/\/(?:127\.0\.0\.1|localhost)[:/])\S+$/.test(uri);

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionDelete. */
function webhookSubscriptionDelete({ id }: { id: string }, { shop }: Context) {
  const isRemoved = shop.subscriptions.remove(numberOf(id));
  if (shop.rules.broken('webhook-unknown', !isRemoved)) {
    const userErrors = [{ field: ['id'], message: 'Webhook subscription does not exist' }];
    return { deletedWebhookSubscriptionId: null, userErrors };
  }
  return { deletedWebhookSubscriptionId: id, userErrors: [] };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscription. */
function webhookSubscription({ id }: { id: string }, { shop }: Context) {
  const found = shop.subscriptions.list().find((subscription) => subscription.id === numberOf(id));
  return found ? view(found) : null;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscriptions. */
function webhookSubscriptions(args: ListArgs, context: Context) {
  const { first, topics, uri, reverse, sortKey, ...others } = args;
  if (sortKey !== 'CREATED_AT' || Object.values(others).some((value) => value != null))
    throw unsupported(context, 'further pages, filters and sort keys of webhookSubscriptions');
  if (first == null) throw refused(context, 'page-size', 'you must provide one of first or last');
  if (first > 250) throw refused(context, 'page-size', 'first cannot exceed 250');
  const found = context.shop.subscriptions
    .list()
    .filter(({ topic }) => topics == null || topics.includes(graphqlTopic(topic)))
    .filter((subscription) => uri == null || subscription.uri === uri);
  if (reverse) found.reverse();
  const nodes = found.slice(0, first).map(view);
  const cursors = nodes.map(({ id }) => Buffer.from(id).toString('base64'));
  return {
    nodes,
    edges: nodes.map((node, row) => ({ node, cursor: cursors[row] })),
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: false,
      startCursor: cursors[0] ?? null,
      endCursor: cursors.at(-1) ?? null,
    },
  };
}

const GID = 'gid://shopify/WebhookSubscription/';
const numberOf = (gid: string): number => (gid.startsWith(GID) ? Number(gid.slice(GID.length)) : NaN);

const view = ({ id, topic, uri, createdMs }: Subscription) => ({
  __typename: 'WebhookSubscription',
  id: `${GID}${id}`,
  legacyResourceId: String(id),
  topic: graphqlTopic(topic),
  uri,
  callbackUrl: uri,
  endpoint: { __typename: 'WebhookHttpEndpoint', callbackUrl: uri },
  format: 'JSON',
  filter: null,
  includeFields: [],
  metafieldNamespaces: [],
  createdAt: isoSeconds(createdMs),
  updatedAt: isoSeconds(createdMs),
});
