import type { ShopifyClient, ShopifyReply } from '../../client/client.ts';
import { UnusableAnswer } from '../../answers/errors.ts';
import { CUSTOMER_FIELDS, readNodes, type CustomerNode } from './customer-node.ts';
import { placeAfter, type PageCursor } from '../page-cursor.ts';
import { createPageSizes } from './page-size.ts';
import { searchOf } from '../search-range.ts';
import type { Source, SourceQuery } from '../source.ts';

/** Sorted by id, so that an edit while paging moves nobody across the cursor. */
const pageOf = (
  name: string,
  fields: string,
) => `query ${name}($first: Int!, $after: String, $query: String) {
  customers(first: $first, after: $after, query: $query, sortKey: ID) {
    nodes {
      ${fields}
    }
    pageInfo { hasNextPage endCursor }
  }
}`;
export const CUSTOMER_PAGE = pageOf('CustomerPage', CUSTOMER_FIELDS);
export const ID_PAGE = pageOf('CustomerIds', 'id');

/** 2 + floor(2 ln 250) x 3 objects a node (customer, email, money), and one for pageInfo. */
const PAGE_COST = 36;

interface Connection {
  nodes?: (CustomerNode | null)[];
  pageInfo?: { hasNextPage: boolean; endCursor: unknown };
}

/** Customers by GraphQL, a page a request. */
export function createGraphqlSource(client: ShopifyClient): Source {
  const sizes = createPageSizes();

  async function ask({ shop, accessToken, signal, range, idsOnly }: SourceQuery, after: string | null) {
    const query = searchOf(range, 'customer_date') || null;
    const document = idsOnly ? ID_PAGE : CUSTOMER_PAGE;
    const variables = { first: sizes.of(shop), after, query };
    let reply: ShopifyReply;
    try {
      reply = await client({ shop, accessToken, signal, document, variables });
    } catch (error) {
      sizes.failed(shop, error);
      throw error;
    }
    sizes.passed(shop, reply.cost);
    return reply;
  }

  return {
    name: 'graphql',
    limitAt: () => ({ api: 'graphql', cost: PAGE_COST }),
    async fetch(query) {
      const place = query.cursor === null ? null : (JSON.parse(query.cursor) as PageCursor);
      const { data, cost } = await ask(query, place?.at ?? null);
      const { nodes, pageInfo } = (data.customers ?? {}) as Connection;
      if (!Array.isArray(nodes) || !pageInfo)
        throw new UnusableAnswer('other_form', 'a reply without customers');
      const { customers, ids } = readNodes(nodes, query.idsOnly);
      const next = placeAfter(place, ids, endOf(pageInfo));
      return {
        customers,
        ids,
        next: next && JSON.stringify(next),
        wait: null,
        cost,
      };
    },
  };
}

function endOf({ hasNextPage, endCursor }: NonNullable<Connection['pageInfo']>): string | null {
  if (!hasNextPage) return null;
  if (typeof endCursor === 'string' && endCursor !== '') return endCursor;
  throw new UnusableAnswer('other_form', 'a page without its end');
}
