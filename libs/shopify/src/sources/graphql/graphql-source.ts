import { UnusableAnswer } from '../../answers/errors.ts';
import type { GraphqlReply } from '../../answers/replies.ts';
import { cursorAfter } from '../page-cursor.ts';
import type { GraphqlCursor } from '../cursor.ts';
import { searchOf } from '../search-range.ts';
import type { Reading, Source } from '../source.ts';
import { CUSTOMER_FIELDS, EMAIL_FIELD, readNodes, type CustomerNode } from './customer-node.ts';
import { createPageSizes } from './page-size.ts';

/** Sorted by id, so that an edit during paging moves no customer across the cursor. */
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
export const CUSTOMER_PAGE = pageOf('CustomerPage', `${CUSTOMER_FIELDS}\n      ${EMAIL_FIELD}`);
export const PAGE_WITHOUT_EMAIL = pageOf('CustomerPageWithoutEmail', CUSTOMER_FIELDS);
export const ID_PAGE = pageOf('CustomerIds', 'id');

/** 2 + floor(2 ln 250) x 4 objects per node (customer, email, money, statistics), and 1 for pageInfo. */
export const PAGE_COST = 47;

interface Connection {
  nodes?: (CustomerNode | null)[];
  pageInfo?: { hasNextPage: boolean; endCursor: unknown };
}

/** Reads customers through GraphQL, one page per request. */
export function createGraphqlSource(): (reading: Reading) => Source<GraphqlCursor> {
  const sizes = createPageSizes();

  async function ask(reading: Reading, after: string | null): Promise<GraphqlReply> {
    const { client, range } = reading;
    const { shop } = client;
    const document = documentOf(reading);
    const query = searchOf(range, 'customer_date') || null;
    const variables = { first: sizes.of(shop), after, query };
    try {
      const reply = await client.graphql({ document, variables, cost: PAGE_COST });
      sizes.passed(shop, reply.cost);
      return reply;
    } catch (error) {
      sizes.failed(shop, error);
      throw error;
    }
  }

  return (reading) => ({
    async next(cursor) {
      const { data } = await ask(reading, cursor?.at ?? null);
      const { nodes, pageInfo } = (data.customers ?? {}) as Connection;
      if (!Array.isArray(nodes) || !pageInfo)
        throw new UnusableAnswer('other_form', 'the reply has no customers');
      const { customers, ids } = readNodes(nodes, reading.idsOnly);
      const after = cursorAfter(cursor, ids, endOf(pageInfo));
      return { customers, ids, next: after && { kind: 'graphql', ...after } };
    },
  });
}

const documentOf = ({ idsOnly, withoutEmail }: Reading): string =>
  idsOnly ? ID_PAGE : withoutEmail ? PAGE_WITHOUT_EMAIL : CUSTOMER_PAGE;

function endOf({ hasNextPage, endCursor }: NonNullable<Connection['pageInfo']>): string | null {
  if (!hasNextPage) return null;
  if (typeof endCursor === 'string' && endCursor !== '') return endCursor;
  throw new UnusableAnswer('other_form', 'the page has no end cursor');
}
