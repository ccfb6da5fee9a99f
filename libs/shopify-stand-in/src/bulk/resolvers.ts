import { getArgumentValues } from 'graphql';
import type { FieldNode } from 'graphql';
import { areFieldsApproved } from '../approval.ts';
import { unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import { customerView } from '../customer-view.ts';
import { hasScope } from '../oauth/scopes.ts';
import type { SortKey } from '../population.ts';
import { matches } from '../search.ts';
import { searchTerms } from '../search-terms.ts';
import { checkBulkQuery } from './check-query.ts';
import { bulkOperations } from './list.ts';
import { isRunning } from './operations.ts';
import { compileSelection, nodeOf, UnsupportedSelection } from './projection.ts';
import { bulkGid, bulkView } from './view.ts';

/** The bulk queries of the Admin API. The schema of a version rejects missing ones before this code runs. */
export const bulkQueries = {
  currentBulkOperation,
  bulkOperations,
  bulkOperation: bulkOperationById,
};
export const bulkMutations = { bulkOperationRunQuery, bulkOperationCancel };

/** Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Limitations"). */
const mostAtOnce = (version: string): number => (version >= '2026-01' ? 5 : 1);

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/bulkOperationRunQuery. */
function bulkOperationRunQuery({ query }: { query: string }, context: Context) {
  const { shop, version, origin } = context;
  const checked = checkBulkQuery(query, version);
  if ('errors' in checked) {
    shop.violated('bulk-query', 'a bulk query violates the restrictions');
    const userErrors = checked.errors.map((message) => ({ field: ['query'], message, code: 'INVALID' }));
    return { bulkOperation: null, userErrors };
  }
  const running = shop.bulk.list().filter(isRunning);
  if (running.length >= mostAtOnce(version)) {
    shop.violated('bulk-limit', `more than ${mostAtOnce(version)} bulk queries at once`);
    const message = `A bulk query operation for this app and shop is already in progress: ${bulkGid(running[0]?.id ?? 0)}.`;
    return { bulkOperation: null, userErrors: [{ field: null, message, code: 'OPERATION_IN_PROGRESS' }] };
  }
  const lacksScope = shop.rules.broken('access-scope', !hasScope(shop.scopes, 'read_customers'));
  if (lacksScope || shop.approval === 'none')
    shop.bulk.pace.failures.unshift({ afterRows: 0, errorCode: 'ACCESS_DENIED' });
  const operation = shop.bulk.start(query, rowsOf(checked.root, context));
  return { bulkOperation: bulkView(operation, shop, origin), userErrors: [] };
}

/** Source: shopify.dev/docs/api/admin-graphql/latest/mutations/bulkOperationCancel. */
function bulkOperationCancel({ id }: { id: string }, { shop, origin }: Context) {
  const operation = shop.bulk.list().find((candidate) => bulkGid(candidate.id) === id);
  const refusal = (message: string) => ({
    bulkOperation: operation ? bulkView(operation, shop, origin) : null,
    userErrors: [{ field: operation ? null : ['id'], message }],
  });
  if (!operation) return refusal('Bulk operation does not exist');
  if (!isRunning(operation)) {
    return refusal(`A bulk operation cannot be canceled when it is ${operation.status.toLowerCase()}`);
  }
  operation.status = 'CANCELING';
  return { bulkOperation: bulkView(operation, shop, origin), userErrors: [] };
}

/** Returns the newest query. Deprecated from 2026-01 on, but still available. */
function currentBulkOperation({ type }: { type: string }, { shop, origin }: Context) {
  const newest = type === 'QUERY' ? shop.bulk.list()[0] : undefined;
  return newest ? bulkView(newest, shop, origin) : null;
}

export function bulkOperationById({ id }: { id: string }, { shop, origin }: Context) {
  const operation = shop.bulk.list().find((candidate) => bulkGid(candidate.id) === id);
  return operation ? bulkView(operation, shop, origin) : null;
}

/** Returns the rows of a checked query. `first` and the cursors are "ignored if present". */
function rowsOf(root: FieldNode, context: Context): Iterable<unknown> {
  const { shop, schema } = context;
  const field = schema.getQueryType()?.getFields()[root.name.value];
  if (root.name.value !== 'customers' || !field)
    throw unsupported(context, 'a bulk query for anything but customers');
  const { query, sortKey, reverse } = getArgumentValues(field, root) as {
    query?: string | null;
    sortKey: string;
    reverse: boolean;
  };
  if (!['ID', 'CREATED_AT', 'UPDATED_AT'].includes(sortKey)) throw unsupported(context, `sortKey ${sortKey}`);
  const terms = searchTerms(query ?? '', context, 'customers', 'bulkOperationRunQuery');
  const project = played(context, () => compileSelection(nodeOf(root)));
  function* rows() {
    for (const { index, facts } of shop.population().walk(sortKey as SortKey, reverse)) {
      const customer = matches(terms, facts) && shop.get(index);
      if (!customer) continue;
      shop.count('served');
      yield project(plain(customerView(customer, areFieldsApproved(shop))));
    }
  }
  // Projects one sample: a field without data must fail the mutation, not the operation.
  const sample = shop.all().next();
  if (!sample.done)
    played(context, () => project(plain(customerView(sample.value, areFieldsApproved(shop)))));
  return rows();
}

/** Bulk results contain no errors beside a row, so a redacted field is null. */
const plain = (view: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(view).map(([name, value]) => [name, isRedacted(value) ? null : value]));

/** An object whose field is redacted is null, because the field is not nullable. */
const isRedacted = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' &&
    value !== null &&
    Object.values(value).some((part) => typeof part === 'function'));

function played<T>(context: Context, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnsupportedSelection) throw unsupported(context, error.message);
    throw error;
  }
}
