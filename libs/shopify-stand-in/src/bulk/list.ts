import { refused, unsupported } from '../context.ts';
import type { Context } from '../context.ts';
import type { BulkOperation } from './operation.ts';
import { bulkView } from './view.ts';

interface ListArgs {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
  query?: string | null;
  reverse: boolean;
  sortKey: string;
}

/**
 * Lists operations, newest first although reverse is false: the schema's description specifies this order.
 * Source: shopify.dev/docs/api/admin-graphql/latest/queries/bulkOperations (from API version 2026-01).
 */
export function bulkOperations(args: ListArgs, context: Context) {
  const { first, after, last, before, query, reverse, sortKey } = args;
  if (last != null || before != null || after != null)
    throw unsupported(context, 'further pages of bulkOperations');
  if (first == null) throw refused(context, 'page-size', 'you must provide one of first or last');
  if (first > 250) throw refused(context, 'page-size', 'first cannot exceed 250');
  if (sortKey !== 'CREATED_AT') throw unsupported(context, 'bulkOperations sorted by completion');
  const passes = filterOf(query ?? '', context);
  const found = context.shop.bulk.list().filter(passes);
  if (reverse) found.reverse();
  const nodes = found.slice(0, first).map((operation) => bulkView(operation, context.shop, context.origin));
  const cursorAt = (row: number) => {
    const node = nodes.at(row);
    return node ? Buffer.from(String(node['id'])).toString('base64') : null;
  };
  return {
    nodes,
    edges: nodes.map((node, row) => ({ node, cursor: cursorAt(row) })),
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: false,
      startCursor: cursorAt(0),
      endCursor: cursorAt(-1),
    },
  };
}

const TERM = /^(status|operation_type|id):(>=|<=|>|<)?([\w]+)$/;

/** Parses filters joined by AND or white space, as for customers. */
function filterOf(query: string, context: Context): (operation: BulkOperation) => boolean {
  const tests = query
    .split(/\s+/)
    .filter((term) => term !== '' && term !== 'AND')
    .map((term) => {
      const [, name, comparator, value = ''] = TERM.exec(term) ?? [];
      if (name === 'status' && !comparator)
        return ({ status }: BulkOperation) => status === value.toUpperCase();
      if (name === 'operation_type' && !comparator) return () => value.toUpperCase() === 'QUERY';
      if (name === 'id' && !comparator) return ({ id }: BulkOperation) => id === Number(value);
      throw unsupported(context, 'this search of bulkOperations');
    });
  return (operation) => tests.every((test) => test(operation));
}
