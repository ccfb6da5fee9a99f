import { GraphQLError } from 'graphql';
import type { GraphQLFieldResolver, GraphQLResolveInfo, GraphQLSchema } from 'graphql';
import { issueCursor, readCursor } from './cursor.ts';
import type { CursorScope, Position } from './cursor.ts';
import type { StandInCustomer } from './customers.ts';
import type { SortKey } from './population.ts';
import { documentedFilters } from './schema.ts';
import { matches, parseSearch, UnplayedSearch } from './search.ts';
import type { Term } from './search.ts';
import type { ServedShop } from './shop.ts';

export interface SearchWarning {
  path: string[];
  query: string;
  warnings: { field: string; message: string; code: string }[];
}

export interface Context {
  shop: ServedShop;
  schema: GraphQLSchema;
  /** Filled while the query runs; becomes extensions.search. */
  searches: SearchWarning[];
}

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
const SORT_FACTS = { ID: 'id', CREATED_AT: 'createdMs', UPDATED_AT: 'updatedMs' } as const;

export const rootValue = { customers, customersCount, shop };

/** A field without data here is an error that says so: a null would look like Shopify's answer. */
export const resolveField: GraphQLFieldResolver<Record<string, unknown>, Context> = (
  source,
  args,
  context,
  info,
) => {
  const { fieldName, parentType } = info;
  if (!(fieldName in source)) throw unplayed(context, `${parentType.name}.${fieldName}`);
  const value = source[fieldName];
  return typeof value === 'function' ? value(args, context, info) : value;
};

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/customers. */
function customers(args: CustomersArgs, context: Context, info: GraphQLResolveInfo) {
  const { shop: served } = context;
  const first = pageSize(args, context);
  const sortKey = playedSortKey(args.sortKey, context);
  const scope = { shop: served.domain, query: args.query ?? '', sortKey, reverse: args.reverse };
  const terms = searchTerms(scope.query, context, info);
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

  const nodes = rows.map(({ index }) => customerView(served.get(index)));
  const cursorAt = (row: number) => () => {
    const position = rows.at(row)?.position;
    return position ? issueCursor(served.secret, scope, position) : null;
  };
  return {
    nodes,
    edges: nodes.map((node, row) => ({ node, cursor: cursorAt(row) })),
    pageInfo: {
      hasNextPage,
      hasPreviousPage: Boolean(after),
      startCursor: cursorAt(0),
      endCursor: cursorAt(-1),
    },
  };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/customersCount (a null limit means none). */
function customersCount(
  args: { query?: string | null; limit: number | null },
  context: Context,
  info: GraphQLResolveInfo,
) {
  const terms = searchTerms(args.query ?? '', context, info);
  const limit = args.limit ?? Infinity;
  let count = context.shop.customers;
  if (terms.length > 0) {
    count = 0;
    for (const { facts } of context.shop.population().walk('ID', false))
      if (matches(terms, facts)) count += 1;
  }
  return { count: Math.min(count, limit), precision: count > limit ? 'AT_LEAST' : 'EXACT' };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/shop. */
function shop(_args: unknown, { shop: { domain, plan } }: Context) {
  const shopifyPlus = plan === 'plus' || plan === 'enterprise';
  return {
    id: 'gid://shopify/Shop/1',
    name: domain.split('.')[0],
    myshopifyDomain: domain,
    currencyCode: 'EUR',
    plan: { publicDisplayName: plan, displayName: plan, partnerDevelopment: false, shopifyPlus },
  };
}

function customerView(customer: StandInCustomer | undefined): Record<string, unknown> {
  if (!customer) throw new Error('a walked customer lives');
  const { id, email, firstName, lastName } = customer;
  return {
    ...customer,
    legacyResourceId: id.slice(id.lastIndexOf('/') + 1),
    displayName: `${firstName} ${lastName}`,
    defaultEmailAddress: email === null ? null : { emailAddress: email, validFormat: true },
  };
}

function pageSize({ first, last, before }: CustomersArgs, context: Context): number {
  if (last != null || before != null) throw unplayed(context, 'backward pages (last, before)');
  if (first == null) throw refused(context, 'page-size', 'you must provide one of first or last');
  // The limit is documented, the wording of its error is not.
  if (first > MAX_PAGE) throw refused(context, 'page-size', `first cannot exceed ${MAX_PAGE}`);
  if (first < 0) throw refused(context, 'page-size', 'first cannot be negative');
  return first;
}

function playedSortKey(sortKey: string, context: Context): SortKey {
  if (sortKey in SORT_FACTS) return sortKey as SortKey;
  throw unplayed(context, `sortKey ${sortKey}`);
}

/** Source: shopify.dev/docs/api/usage/pagination-graphql (a cursor belongs to the query that gave it). */
function positionOf(cursor: string, scope: CursorScope, context: Context): Position {
  const position = readCursor(context.shop.secret, scope, cursor);
  if (!position) throw refused(context, 'cursor', 'Invalid cursor for current pagination sort.');
  return position;
}

/** Unknown filters are dropped from the search with a warning. Source: shopify.dev/docs/api/usage/search-syntax. */
function searchTerms(query: string, context: Context, info: GraphQLResolveInfo): Term[] {
  const { shop: served, schema, searches } = context;
  try {
    const { terms, unknown, unquoted } = parseSearch(query, documentedFilters(schema, info.fieldName));
    for (const field of unknown) served.violated('search-field', `${info.fieldName} has no filter ${field}`);
    for (const field of unquoted) served.violated('search-date', `the date of ${field} is not quoted`);
    if (unknown.length > 0) {
      const warn = (field: string) => ({
        field,
        message: 'Invalid search field for this query.',
        code: 'invalid_field',
      });
      searches.push({ path: [String(info.path.key)], query, warnings: unknown.map(warn) });
    }
    return terms;
  } catch (error) {
    if (error instanceof UnplayedSearch) throw unplayed(context, `search: ${error.message}`);
    throw error;
  }
}

function refused({ shop: served }: Context, rule: string, message: string): GraphQLError {
  served.violated(rule, message);
  return new GraphQLError(message, { extensions: { code: 'BAD_REQUEST' } });
}

/** Not the client's fault perhaps, but counted all the same: a test must not pass on what was never played. */
function unplayed({ shop: served }: Context, what: string): GraphQLError {
  served.violated('unplayed', what);
  return new GraphQLError(`The stand-in does not play ${what}.`, {
    extensions: { code: 'STAND_IN_UNPLAYED' },
  });
}
