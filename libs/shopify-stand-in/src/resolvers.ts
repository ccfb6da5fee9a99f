import { GraphQLError } from 'graphql';
import type { GraphQLFieldResolver, GraphQLResolveInfo } from 'graphql';
import { areFieldsApproved } from './approval.ts';
import { bulkMutations, bulkOperationById, bulkQueries } from './bulk/resolvers.ts';
import { refused, requireScope, unsupported } from './context.ts';
import type { Context } from './context.ts';
import { issueCursor, readCursor } from './cursor.ts';
import type { CursorScope, Position } from './cursor.ts';
import { customerView, denied } from './customer-view.ts';
import { metafieldMutations, metafieldQueries } from './metafields/resolvers.ts';
import { expandScopes } from './oauth/scopes.ts';
import type { SortKey } from './population.ts';
import { matches } from './search.ts';
import { searchTerms } from './search-terms.ts';
import type { ServedShop } from './shop.ts';
import type { Plan } from './throttle.ts';
import { webhookMutations, webhookQueries } from './webhooks/resolvers.ts';

interface CustomersArgs {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
  query?: string | null;
  sortKey: string;
  reverse: boolean;
}

/** Source: shopify.dev/docs/api/usage/pagination-graphql ("up to a maximum of 250 resources"). */
const MAX_PAGE = 250;
const CUSTOMER_SCOPE = 'read_customers';
const SORT_FACTS = { ID: 'id', CREATED_AT: 'createdMs', UPDATED_AT: 'updatedMs' } as const;

export const rootValue: Record<string, unknown> = {
  ...{ customers, customersCount, shop, currentAppInstallation, customer, node, nodes },
  ...bulkQueries,
  ...metafieldQueries,
  ...webhookQueries,
};
export const mutationRoot: Record<string, unknown> = {
  ...bulkMutations,
  ...metafieldMutations,
  ...webhookMutations,
};

/** Throws for a field without data in the stand-in: a null would look like Shopify's answer. */
export const resolveField: GraphQLFieldResolver<Record<string, unknown>, Context> = (
  source,
  args,
  context,
  info,
) => {
  const { fieldName, parentType } = info;
  if (!(fieldName in source)) throw unsupported(context, `${parentType.name}.${fieldName}`);
  const value = source[fieldName];
  return typeof value === 'function' ? value(args, context, info) : value;
};

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/customers. */
function customers(args: CustomersArgs, context: Context, info: GraphQLResolveInfo) {
  const { shop: served } = context;
  requireScope(context, 'customers', CUSTOMER_SCOPE);
  if (served.approval === 'none') throw denied();
  const first = pageSize(args, context);
  const sortKey = playedSortKey(args.sortKey, context);
  const scope = { shop: served.domain, query: args.query ?? '', sortKey, reverse: args.reverse };
  const terms = searchTerms(scope.query, context, info.fieldName, String(info.path.key));
  const after = args.after == null ? undefined : positionOf(args.after, scope, context);

  const rows: { index: number; position: Position }[] = [];
  let hasNextPage = false;
  for (const { index, facts } of served.population().walk(sortKey, args.reverse, after)) {
    if (!matches(terms, facts)) continue;
    hasNextPage = rows.length === first;
    if (hasNextPage) break;
    rows.push({ index, position: { id: facts.id, value: facts[SORT_FACTS[sortKey]] } });
  }
  served.count('served', rows.length);

  const nodes = rows.map(({ index }) => {
    const found = served.get(index);
    if (!found) throw new Error('a customer in the walk does not exist');
    return customerView(found, areFieldsApproved(served));
  });
  const issue = (position: Position) => issueCursor(served.cursors.current(), scope, position);
  const cursorAt = (row: number) => () => {
    const position = rows.at(row)?.position;
    return position ? issue(position) : null;
  };
  const back = hasNextPage && after ? astray(served, sortKey, args.reverse, after, first) : undefined;
  const endCursor = () => (back ? issue(back) : cursorAt(-1)());
  return {
    nodes,
    edges: nodes.map((node, row) => ({ node, cursor: cursorAt(row) })),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: Boolean(after),
      startCursor: cursorAt(0),
      endCursor,
    },
  };
}

/** Returns where the next page begins if a fault replaces the page after `from` with an earlier one. */
function astray(served: ServedShop, sortKey: SortKey, reverse: boolean, from: Position, rows: number) {
  let to: Position | undefined;
  const reaches = (pages: number) => {
    to = stepBack(served, sortKey, reverse, from, pages * rows);
    return to !== undefined;
  };
  return served.faults.takePage(reaches) ? to : undefined;
}

/** Returns the position this many rows before `from`; undefined when the list has fewer rows. */
function stepBack(shop: ServedShop, sortKey: SortKey, reverse: boolean, from: Position, rows: number) {
  if (rows === 0) return from;
  let left = rows;
  for (const { facts } of shop.population().walk(sortKey, !reverse, from)) {
    if (--left === 0) return { id: facts.id, value: facts[SORT_FACTS[sortKey]] };
  }
  return undefined;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/customer. */
function customer({ id }: { id: string }, context: Context) {
  const { shop: served } = context;
  requireScope(context, 'customer', CUSTOMER_SCOPE);
  if (served.approval === 'none') throw denied();
  const found = served.find(id);
  return found ? customerView(found, areFieldsApproved(served)) : null;
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/node. */
function node({ id }: { id: string }, context: Context) {
  if (id.startsWith('gid://shopify/Customer/')) return customer({ id }, context);
  if (id.startsWith('gid://shopify/BulkOperation/')) return bulkOperationById({ id }, context);
  throw unsupported(context, 'node of a type other than Customer and BulkOperation');
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/nodes. */
function nodes({ ids }: { ids: string[] }, context: Context) {
  return ids.map((id) => node({ id }, context));
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/customersCount (a null limit means none). */
function customersCount(
  args: { query?: string | null; limit: number | null },
  context: Context,
  info: GraphQLResolveInfo,
) {
  requireScope(context, 'customersCount', CUSTOMER_SCOPE);
  const terms = searchTerms(args.query ?? '', context, info.fieldName, String(info.path.key));
  const limit = args.limit ?? Infinity;
  let count = context.shop.customers;
  if (terms.length > 0) {
    count = 0;
    for (const { facts } of context.shop.population().walk('ID', false))
      if (matches(terms, facts)) count += 1;
  }
  return { count: Math.min(count, limit), precision: count > limit ? 'AT_LEAST' : 'EXACT' };
}

/** The names that Shopify gives to the plans with these limits. Source: ShopPlan in Shopify's schema. */
const PLAN_NAMES: Record<Plan, string> = {
  standard: 'Basic',
  advanced: 'Advanced',
  plus: 'Plus',
  enterprise: 'Plus',
};

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/shop. */
function shop(_args: unknown, { shop: { domain, shopId, plan, development, timeZone } }: Context) {
  const publicDisplayName = development ? 'Development' : PLAN_NAMES[plan];
  const shopifyPlus = !development && PLAN_NAMES[plan] === 'Plus';
  return {
    id: `gid://shopify/Shop/${shopId}`,
    name: domain.split('.')[0],
    myshopifyDomain: domain,
    currencyCode: 'EUR',
    ianaTimezone: timeZone,
    plan: {
      publicDisplayName,
      displayName: publicDisplayName,
      partnerDevelopment: development,
      shopifyPlus,
    },
  };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation. */
function currentAppInstallation(_args: unknown, { shop: { scopes, app } }: Context) {
  const accessScopes = expandScopes(scopes).map((handle) => ({ handle }));
  return { accessScopes, app: { apiKey: app.config().clientId } };
}

function pageSize({ first, last, before }: CustomersArgs, context: Context): number {
  if (last != null || before != null) throw unsupported(context, 'backward pages (last, before)');
  if (first == null) throw refused(context, 'page-size', 'you must provide one of first or last');
  // The limit is documented; the wording of its error is not.
  if (first > MAX_PAGE) throw refused(context, 'page-size', `first cannot exceed ${MAX_PAGE}`);
  if (first < 0) throw refused(context, 'page-size', 'first cannot be negative');
  return first;
}

function playedSortKey(sortKey: string, context: Context): SortKey {
  if (sortKey in SORT_FACTS) return sortKey as SortKey;
  throw unsupported(context, `sortKey ${sortKey}`);
}

const INVALID_CURSOR = 'Invalid cursor for current pagination sort.';

/** Source: shopify.dev/docs/api/usage/pagination-graphql (a cursor belongs to the query that returned it). */
function positionOf(cursor: string, scope: CursorScope, context: Context): Position {
  const found = context.shop.cursors.read((secret) => readCursor(secret, scope, cursor));
  if (!found) throw refused(context, 'cursor', INVALID_CURSOR);
  // The cursor expired: no violation by the client, which only waited too long.
  if (found.expired) throw new GraphQLError(INVALID_CURSOR, { extensions: { code: 'BAD_REQUEST' } });
  return found.value;
}
