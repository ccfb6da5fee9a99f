import type { ImportedCustomer } from '@core/domain';
import type { ShopifyClient } from './client.ts';
import { ShopifyRejected, ShopifyUnavailable, type QueryCost } from './errors.ts';

export interface PageQuery {
  shop: string;
  accessToken: string;
  /** Where the page begins; null for the first. Used exactly as it was given. */
  cursor: string | null;
  /** A search query; empty for the whole shop. */
  range: string;
  /** Ask for the shop's own count too. */
  withCount: boolean;
  signal: AbortSignal;
}

export interface FetchedPage {
  customers: ImportedCustomer[];
  /** Where the next page begins; null after the last. */
  next: string | null;
  /** How many customers the range has; null when not asked. */
  expected: number | null;
  cost: QueryCost | null;
}

/** @throws as ShopifyClient */
export type FetchPage = (query: PageQuery) => Promise<FetchedPage>;

/** The most Shopify gives. */
const PAGE_SIZE = 250;

/** Sorted by id, so that an edit while paging moves nobody across the cursor. */
export const CUSTOMER_PAGE = `query CustomerPage($first: Int!, $after: String, $query: String, $withCount: Boolean!) {
  customers(first: $first, after: $after, query: $query, sortKey: ID) {
    nodes {
      id
      defaultEmailAddress { emailAddress }
      numberOfOrders
      amountSpent { amount currencyCode }
      tags
      state
      locale
      createdAt
      updatedAt
    }
    pageInfo { hasNextPage endCursor }
  }
  customersCount(query: $query, limit: null) @include(if: $withCount) { count }
}`;

/**
 * Requested points of the document, until a reply says better: 2 + floor(2 ln 250) x 3 objects a node for the
 * connection, and one each for pageInfo and the count.
 */
export const PAGE_COST = 37;

export const createFetchPage =
  (client: ShopifyClient): FetchPage =>
  async ({ shop, accessToken, cursor, range, withCount, signal }) => {
    const variables = { first: PAGE_SIZE, after: cursor, query: range || null, withCount };
    const { data, cost } = await client({ shop, accessToken, document: CUSTOMER_PAGE, variables, signal });
    const { customers, customersCount } = data as unknown as CustomerPage;
    if (!Array.isArray(customers?.nodes) || !customers.pageInfo) {
      throw new ShopifyUnavailable('a reply without customers');
    }
    const { hasNextPage, endCursor } = customers.pageInfo;
    if (hasNextPage && (!endCursor || endCursor === cursor)) {
      throw new ShopifyRejected('Shopify gave the same page twice. Start a new import.');
    }
    return {
      customers: customers.nodes.map(toImported),
      next: hasNextPage ? endCursor : null,
      expected: customersCount?.count ?? null,
      cost,
    };
  };

export interface CustomerNode {
  id: string;
  defaultEmailAddress: { emailAddress: string } | null;
  /** UnsignedInt64, as a string. */
  numberOfOrders: string;
  amountSpent: { amount: string; currencyCode: string };
  tags: string[];
  state: string;
  locale: string;
  createdAt: string;
  updatedAt: string;
}

interface CustomerPage {
  customers?: { nodes?: CustomerNode[]; pageInfo?: { hasNextPage: boolean; endCursor: string | null } };
  customersCount?: { count: number } | null;
}

/** What is kept of a customer. No names, phones or addresses: metadata is not encrypted. */
export const toImported = (node: CustomerNode): ImportedCustomer => ({
  externalId: node.id,
  email: node.defaultEmailAddress?.emailAddress ?? null,
  metadata: {
    number_of_orders: Number(node.numberOfOrders),
    // A decimal string: money does not survive binary floating point.
    amount_spent: { amount: node.amountSpent.amount, currency: node.amountSpent.currencyCode },
    tags: node.tags,
    state: node.state,
    locale: node.locale,
    created_at: node.createdAt,
  },
  sourceUpdatedAt: new Date(node.updatedAt),
});
