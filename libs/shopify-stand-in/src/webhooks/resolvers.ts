import { GraphQLError } from 'graphql';
import { PROTECTED_TOPIC } from '../approval.ts';
import { refused, unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import { issueCursor, readCursor } from '../cursor.ts';
import { isoSeconds } from '../customers.ts';
import { hasScope } from '../oauth/scopes.ts';
import type { Subscription } from './subscriptions.ts';
import { graphqlTopic, scopeOf, topicOf } from './topics.ts';

/** The shop-specific subscriptions of the Admin API. Those of the app's configuration are not among them. */
export const webhookQueries = { webhookSubscriptions, webhookSubscription };
export const webhookMutations = {
  webhookSubscriptionCreate,
  webhookSubscriptionUpdate,
  webhookSubscriptionDelete,
};

interface Input {
  uri?: string | null;
  callbackUrl?: string | null;
  format?: string | null;
}
interface CreateArgs {
  topic: string;
  webhookSubscription: Input;
}
interface ListArgs {
  first?: number | null;
  after?: string | null;
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
  const topic = topicOf(name);
  if (!topic) throw unsupported(context, 'a subscription to a topic that it does not send');
  const uri = addressOf(input, context) ?? '';
  const scope = scopeOf(topic);
  if (broken('webhook-topic-scope', scope !== undefined && !hasScope(shop.scopes, scope)))
    return failed(['topic'], 'You cannot create a webhook subscription with the specified topic');
  if (broken('webhook-protected-data', scope !== undefined && shop.approval === 'none'))
    return failed(['topic'], PROTECTED_TOPIC);
  return refusalOf({ topic, uri }, context) ?? succeeded(shop.subscriptions.add(topic, uri));
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/webhookSubscriptionUpdate. */
function webhookSubscriptionUpdate(
  { id, webhookSubscription: input }: { id: string; webhookSubscription: Input },
  context: Context,
) {
  const { subscriptions, rules } = context.shop;
  const known = subscriptions.list().find((each) => each.id === numberOf(id));
  if (rules.broken('webhook-update-unknown', !known)) return failed(['id'], UNKNOWN);
  if (!known) return { webhookSubscription: null, userErrors: [] };
  const uri = addressOf(input, context) ?? known.uri;
  const refusal = uri === known.uri ? undefined : refusalOf({ topic: known.topic, uri }, context);
  return refusal ?? succeeded(subscriptions.move(known.id, uri) ?? known);
}

const UNKNOWN = 'Webhook subscription does not exist';

/** Returns the address of an input; undefined when it has none. */
function addressOf({ uri, callbackUrl, format, ...others }: Input, context: Context): string | undefined {
  if (format === 'XML' || Object.values(others).some((value) => value != null))
    throw unsupported(context, 'subscriptions with filters, fields, names or another format');
  return uri ?? callbackUrl ?? undefined;
}

function refusalOf({ topic, uri }: Pick<Subscription, 'topic' | 'uri'>, { shop }: Context) {
  const { broken } = shop.rules;
  const field = ['webhookSubscription', 'callbackUrl'];
  if (broken('webhook-address', !isAddress(uri))) return failed(field, 'Address is invalid');
  const isTaken = shop.subscriptions.list().some((other) => other.topic === topic && other.uri === uri);
  return broken('webhook-taken', isTaken)
    ? failed(field, 'Address for this topic has already been taken')
    : undefined;
}

const succeeded = (subscription: Subscription) => ({
  webhookSubscription: view(subscription),
  userErrors: [],
});

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
    const userErrors = [{ field: ['id'], message: UNKNOWN }];
    return { deletedWebhookSubscriptionId: null, userErrors };
  }
  return { deletedWebhookSubscriptionId: id, userErrors: [] };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscription. */
function webhookSubscription({ id }: { id: string }, { shop }: Context) {
  const found = shop.subscriptions.list().find((subscription) => subscription.id === numberOf(id));
  return found ? view(found) : null;
}

/**
 * Only the subscriptions that the app has made in this shop.
 * Source: shopify.dev/docs/api/admin-graphql/latest/queries/webhookSubscriptions ("not app-scoped
 * subscriptions configured in TOML files"), shopify.dev/docs/api/usage/pagination-graphql.
 */
function webhookSubscriptions(args: ListArgs, context: Context) {
  const { first, after, topics, uri, reverse, sortKey, ...others } = args;
  const { domain, subscriptions, cursors } = context.shop;
  if (sortKey !== 'CREATED_AT' || Object.values(others).some((value) => value != null))
    throw unsupported(context, 'earlier pages, filters and sort keys of webhookSubscriptions');
  if (first == null) throw refused(context, 'page-size', 'you must provide one of first or last');
  if (first > 250) throw refused(context, 'page-size', 'first cannot exceed 250');
  const scope = { shop: domain, query: JSON.stringify(['webhooks', topics, uri]), sortKey, reverse };
  const position = after == null ? undefined : cursors.read((secret) => readCursor(secret, scope, after));
  if (after != null && (!position || position.expired)) {
    if (!position) context.shop.violated('cursor', 'the cursor was not issued under these arguments');
    throw new GraphQLError('Invalid cursor for current pagination sort.', {
      extensions: { code: 'BAD_REQUEST' },
    });
  }
  const found = subscriptions
    .list()
    .filter(({ topic }) => topics == null || topics.includes(graphqlTopic(topic)))
    .filter((subscription) => uri == null || subscription.uri === uri);
  if (reverse) found.reverse();
  const isAfter = ({ id }: Subscription) =>
    !position || (reverse ? id < position.value.id : id > position.value.id);
  const rest = found.filter(isAfter);
  const page = rest.slice(0, first);
  const nodes = page.map(view);
  const issued = page.map(({ id, createdMs }) =>
    issueCursor(cursors.current(), scope, { value: createdMs, id }),
  );
  return {
    nodes,
    edges: nodes.map((node, row) => ({ node, cursor: issued[row] })),
    pageInfo: {
      hasNextPage: rest.length > first,
      hasPreviousPage: rest.length < found.length,
      startCursor: issued[0] ?? null,
      endCursor: issued.at(-1) ?? null,
    },
  };
}

const GID = 'gid://shopify/WebhookSubscription/';
const numberOf = (gid: string): number => (gid.startsWith(GID) ? Number(gid.slice(GID.length)) : NaN);

const view = ({ id, topic, uri, filter, includeFields, createdMs, updatedMs }: Subscription) => ({
  __typename: 'WebhookSubscription',
  id: `${GID}${id}`,
  legacyResourceId: String(id),
  topic: graphqlTopic(topic),
  uri,
  callbackUrl: uri,
  endpoint: { __typename: 'WebhookHttpEndpoint', callbackUrl: uri },
  format: 'JSON',
  filter,
  includeFields,
  metafieldNamespaces: [],
  createdAt: isoSeconds(createdMs),
  updatedAt: isoSeconds(updatedMs),
});
