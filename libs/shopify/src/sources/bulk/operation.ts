import type { CustomerRange } from '../search-range.ts';
import type { Access } from '../../client/transport.ts';
import { type QueryCost, ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopifyClient } from '../../client/client.ts';
import { CUSTOMER_FIELDS } from '../graphql/customer-node.ts';
import { searchOf } from '../search-range.ts';

const FIELDS = 'id status errorCode objectCount createdAt completedAt query url partialDataUrl';

export interface Operation {
  id: string;
  status: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELING' | 'CANCELED' | 'EXPIRED';
  errorCode: 'ACCESS_DENIED' | 'INTERNAL_SERVER_ERROR' | 'TIMEOUT' | null;
  /** An UnsignedInt64 travels as a string. */
  objectCount: string;
  createdAt: string;
  completedAt: string | null;
  query: string;
  /** Null when there is nothing in it. */
  url: string | null;
  /** What an operation that failed got to. */
  partialDataUrl: string | null;
}

/**
 * The newest operations; and whether emails are withheld, for a bulk query gives null for them without a word.
 * Only the newest are looked at: what runs is among them. (From API version 2026-01 on, as five at once are.)
 */
export const NEWEST_OPERATIONS = `query NewestBulkOperations {
  bulkOperations(first: 20, query: "operation_type:query") { nodes { ${FIELDS} } }
  customers(first: 1) { nodes { defaultEmailAddress { validFormat } } }
}`;
export const RUN_OPERATION = `mutation RunBulkQuery($query: String!) {
  bulkOperationRunQuery(query: $query) {
    bulkOperation { ${FIELDS} }
    userErrors { code message }
  }
}`;
export const OPERATION = `query BulkOperation($id: ID!) {
  bulkOperation(id: $id) { ${FIELDS} }
}`;
export const CANCEL_OPERATION = `mutation CancelBulkOperation($id: ID!) {
  bulkOperationCancel(id: $id) { userErrors { message } }
}`;

/** Requested points of the list of the newest operations, and of a start: 10 for its mutation. */
export const LOOK_COST = 11;
export const START_COST = 10;

/** Neither variables nor `nodes` are allowed in it, and one root field. */
export const bulkQuery = (range: CustomerRange, idsOnly: boolean): string => {
  const search = searchOf(range, 'customer_date');
  const filter = search && `(query: ${JSON.stringify(search)})`;
  return `{ customers${filter} { edges { node { ${idsOnly ? 'id' : CUSTOMER_FIELDS} } } } }`;
};

type Asked<T> = Promise<{ found: T; cost: QueryCost | null }>;

export async function newestOperations(client: ShopifyClient, access: Access): Asked<Operation[]> {
  const { data, cost } = await client({ ...access, document: NEWEST_OPERATIONS, variables: {} });
  const { nodes } = (data.bulkOperations ?? {}) as { nodes?: Operation[] };
  if (!Array.isArray(nodes)) throw new UnusableAnswer('other_form', 'a reply without bulk operations');
  return { found: nodes, cost };
}

/** Null when as many run as may. */
export async function runOperation(
  client: ShopifyClient,
  access: Access,
  query: string,
): Asked<Operation | null> {
  const { data, cost } = await client({ ...access, document: RUN_OPERATION, variables: { query } });
  const { bulkOperation, userErrors } = (data.bulkOperationRunQuery ?? {}) as {
    bulkOperation?: Operation | null;
    userErrors?: { code?: string | null }[];
  };
  if (!Array.isArray(userErrors)) throw new UnusableAnswer('other_form', 'a reply without a bulk operation');
  if (bulkOperation && userErrors.length === 0) return { found: bulkOperation, cost };
  const codes = userErrors.map(({ code }) => code ?? '');
  if (codes.some((code) => code === 'OPERATION_IN_PROGRESS' || code === 'LIMIT_REACHED')) {
    return { found: null, cost };
  }
  throw new ShopifyRejected(`Shopify rejected the bulk query (${codes.find(Boolean) ?? 'no code'}).`);
}

/** Null when Shopify no longer knows it. */
export async function askOperation(
  client: ShopifyClient,
  access: Access,
  id: string,
): Asked<Operation | null> {
  const { data, cost } = await client({ ...access, document: OPERATION, variables: { id } });
  return { found: (data.bulkOperation ?? null) as Operation | null, cost };
}
