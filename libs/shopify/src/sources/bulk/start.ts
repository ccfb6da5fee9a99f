import { readShopifyTime } from '@core/contracts';
import type { Reading } from '../source.ts';
import { bulkQuery, newestOperations, runOperation, type Operation } from './operation.ts';

/**
 * Maximum concurrent operations per app and shop. Source: shopify.dev/docs/api/usage/bulk-operations/queries
 * ("Limitations").
 */
const MAX_AT_ONCE = 5;
/**
 * Maximum age of a running operation that may be adopted. It reads the shop as of its start. Later edits must
 * still be within the range of the run's reconciliation, which starts a while before the run.
 */
const ADOPTED_WITHIN_MS = 120_000;

/**
 * Adopts the operation of a slice that an importer started but could not record before it was killed.
 * Otherwise that operation would occupy a slot until it completes. If there is none, starts one with the next
 * request. That request must follow directly: a recorded list of operations would be trusted even after a
 * kill.
 * @returns null when the maximum number of operations is running
 */
export async function startOperation({ client, range, idsOnly }: Reading): Promise<Operation | null> {
  const query = bulkQuery(range, idsOnly);
  const newest = await newestOperations(client);
  const running = newest.filter(({ status }) => ['CREATED', 'RUNNING', 'CANCELING'].includes(status));
  const ours = running.find((operation) => operation.query === query && isAdoptable(operation));
  if (ours) return ours;
  return running.length < MAX_AT_ONCE ? runOperation(client, query) : null;
}

const isAdoptable = ({ status, createdAt }: Operation): boolean =>
  status !== 'CANCELING' && Date.now() - (readShopifyTime(createdAt)?.getTime() ?? NaN) < ADOPTED_WITHIN_MS;
