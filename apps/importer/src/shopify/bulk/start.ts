import type { ShopifyClient } from '../client.ts';
import type { QueryCost } from '../errors.ts';
import type { SourceQuery } from '../source.ts';
import { bulkQuery, newestOperations, runOperation, type Operation } from './operation.ts';

/** At once, per app and shop. Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Limitations"). */
const MOST_AT_ONCE = 5;
/**
 * So long an operation may be under way to be taken over. It read a shop of then: what was edited since must still be
 * within the reach of the run's reconciliation, which begins a while before the run.
 */
const ADOPTED_WITHIN_MS = 120_000;

/**
 * Starts the operation of a slice, or takes over the one that an importer started and could not write down before it
 * was killed: left alone it would hold a place until it is done. Null: all places are taken.
 * Two requests on one ticket; a slice does it once.
 */
export async function startOperation(
  client: ShopifyClient,
  { range, idsOnly, ...access }: SourceQuery,
): Promise<{ found: Operation | null; cost: QueryCost | null }> {
  const query = bulkQuery(range, idsOnly);
  const { found: newest, cost } = await newestOperations(client, access);
  const running = newest.filter(({ status }) => ['CREATED', 'RUNNING', 'CANCELING'].includes(status));
  const ours = running.find((operation) => operation.query === query && isAdoptable(operation));
  if (ours) return { found: ours, cost };
  return running.length < MOST_AT_ONCE ? runOperation(client, access, query) : { found: null, cost };
}

const isAdoptable = ({ status, createdAt }: Operation): boolean =>
  status !== 'CANCELING' && Date.now() - Date.parse(createdAt) < ADOPTED_WITHIN_MS;
