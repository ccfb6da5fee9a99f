import { ShopifyRejected, UnusableAnswer } from '../../answers/errors.ts';
import type { ShopClient } from '../../client/shop-client.ts';
import { CUSTOMER_FIELDS, EMAIL_FIELD } from '../graphql/customer-node.ts';
import { searchOf } from '../search-range.ts';
import type { Reading } from '../source.ts';

const FIELDS = 'id status errorCode objectCount createdAt completedAt query url partialDataUrl';

export interface Operation {
  id: string;
  status: 'CREATED' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELING' | 'CANCELED' | 'EXPIRED';
  errorCode: 'ACCESS_DENIED' | 'INTERNAL_SERVER_ERROR' | 'TIMEOUT' | null;
  /** UnsignedInt64, which Shopify sends as a string. */
  objectCount: string;
  createdAt: string;
  completedAt: string | null;
  query: string;
  /** Null when the result is empty. */
  url: string | null;
  /** The part that a failed operation wrote. */
  partialDataUrl: string | null;
}

/**
 * Requests the newest operations. They are enough, because they include all running ones. (Requires API
 * version 2026-01, like five concurrent operations.)
 */
export const NEWEST_OPERATIONS = `query NewestBulkOperations {
  bulkOperations(first: 20, query: "operation_type:query") { nodes { ${FIELDS} } }
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

/**
 * Requested points: of the list of newest operations; and of one operation (10 for the mutation that starts
 * or cancels it).
 */
export const LIST_COST = 7;
export const START_COST = 10;

/** A bulk query allows no variables, no `nodes` and only one root field. */
export const bulkQuery = ({
  range,
  idsOnly,
  withoutEmail,
}: Pick<Reading, 'range' | 'idsOnly' | 'withoutEmail'>): string => {
  const search = searchOf(range, 'customer_date');
  const filter = search && `(query: ${JSON.stringify(search)})`;
  const fields = idsOnly ? 'id' : withoutEmail ? CUSTOMER_FIELDS : `${CUSTOMER_FIELDS}\n      ${EMAIL_FIELD}`;
  return `{ customers${filter} { edges { node { ${fields} } } } }`;
};

export async function newestOperations(client: ShopClient): Promise<Operation[]> {
  const { data } = await client.graphql({ document: NEWEST_OPERATIONS, variables: {}, cost: LIST_COST });
  const { nodes } = (data.bulkOperations ?? {}) as { nodes?: Operation[] };
  if (!Array.isArray(nodes)) throw new UnusableAnswer('other_form', 'the reply has no bulk operations');
  return nodes;
}

/**
 * Starts an operation. Must directly follow a request for the newest operations.
 * @returns null when the maximum number of operations is running
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
  if (!Array.isArray(userErrors)) throw new UnusableAnswer('other_form', 'the reply has no bulk operation');
  if (bulkOperation && userErrors.length === 0) return bulkOperation;
  const codes = userErrors.map(({ code }) => code ?? '');
  if (codes.some((code) => code === 'OPERATION_IN_PROGRESS' || code === 'LIMIT_REACHED')) return null;
  throw new ShopifyRejected(`Shopify rejected the bulk query (${codes.find(Boolean) ?? 'no code'}).`);
}

/** @returns null when Shopify no longer knows the operation */
export async function fetchOperation(client: ShopClient, id: string): Promise<Operation | null> {
  const { data } = await client.graphql({ document: OPERATION, variables: { id }, cost: START_COST });
  return (data.bulkOperation ?? null) as Operation | null;
}

/**
 * Cancels an operation. For a finished operation Shopify returns no error. The request waits until the shop's
 * limit admits it, because no caller retries it.
 */
export async function endOperation(client: ShopClient, id: string): Promise<void> {
  const variables = { id };
  await client.graphql({ document: CANCEL_OPERATION, variables, cost: START_COST, follows: true });
}
