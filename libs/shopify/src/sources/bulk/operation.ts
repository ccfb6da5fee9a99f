import { ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { CUSTOMER_FIELDS } from '../graphql/customer-node.ts';
import { searchOf, type CustomerRange } from '../search-range.ts';

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
  /** The part that an operation wrote before it failed. */
  partialDataUrl: string | null;
}

/**
 * The newest operations; and whether emails are withheld, because a bulk query silently gives null for them.
 * Looking at the newest is enough: running ones are among them. (From API version 2026-01 on, as five at
 * once are.)
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

/** Requested points of the list of the newest operations; and of one: 10 for the mutation that starts or ends it. */
export const LOOK_COST = 11;
export const START_COST = 10;

/** Neither variables nor `nodes` are allowed in it, and one root field. */
export const bulkQuery = (range: CustomerRange, idsOnly: boolean): string => {
  const search = searchOf(range, 'customer_date');
  const filter = search && `(query: ${JSON.stringify(search)})`;
  return `{ customers${filter} { edges { node { ${idsOnly ? 'id' : CUSTOMER_FIELDS} } } } }`;
};

export async function newestOperations(client: ShopClient): Promise<Operation[]> {
  const { data } = await client.graphql({ document: NEWEST_OPERATIONS, variables: {}, cost: LOOK_COST });
  const { nodes } = (data.bulkOperations ?? {}) as { nodes?: Operation[] };
  if (!Array.isArray(nodes)) throw new UnusableAnswer('other_form', 'a reply without bulk operations');
  return nodes;
}

/**
 * Follows at once on a look at the newest.
 * @returns null when as many run as may
 */
export async function runOperation(client: ShopClient, query: string): Promise<Operation | null> {
  const { data } = await client.graphql({
    document: RUN_OPERATION,
    variables: { query },
    cost: START_COST,
    follows: true,
  });
  const { bulkOperation, userErrors } = (data.bulkOperationRunQuery ?? {}) as {
    bulkOperation?: Operation | null;
    userErrors?: { code?: string | null }[];
  };
  if (!Array.isArray(userErrors)) throw new UnusableAnswer('other_form', 'a reply without a bulk operation');
  if (bulkOperation && userErrors.length === 0) return bulkOperation;
  const codes = userErrors.map(({ code }) => code ?? '');
  if (codes.some((code) => code === 'OPERATION_IN_PROGRESS' || code === 'LIMIT_REACHED')) return null;
  throw new ShopifyRejected(`Shopify rejected the bulk query (${codes.find(Boolean) ?? 'no code'}).`);
}

/** @returns null when Shopify no longer knows it */
export async function askOperation(client: ShopClient, id: string): Promise<Operation | null> {
  const { data } = await client.graphql({ document: OPERATION, variables: { id }, cost: START_COST });
  return (data.bulkOperation ?? null) as Operation | null;
}

/** Also of one that is over: Shopify's answer to that is no error. It waits for its turn, for nobody comes back to it. */
export async function endOperation(client: ShopClient, id: string): Promise<void> {
  const variables = { id };
  await client.graphql({ document: CANCEL_OPERATION, variables, cost: START_COST, follows: true });
}
