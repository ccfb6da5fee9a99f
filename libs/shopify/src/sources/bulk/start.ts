import { readShopifyTime } from '@core/contracts';
import type { Reading } from '../source.ts';
import { bulkQuery, newestOperations, runOperation, type Operation } from './operation.ts';

/** At once, per app and shop. Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Limitations"). */
const MOST_AT_ONCE = 5;
/**
 * Maximum age of an operation under way to be taken over. It read the shop of that time: later edits must
 * still be within the reach of the run's reconciliation, which begins a while before the run.
 */
const ADOPTED_WITHIN_MS = 120_000;

/**
 * Takes over the operation of a slice that an importer started and could not write down before it was killed: left
 * alone it would hold a slot until it is done. Where there is none, the next request starts it. It must follow at once:
 * a look that was written down first would be trusted after a kill, too.
 * @returns null when as many run as may
 */
export async function startOperation({ client, range, idsOnly }: Reading): Promise<Operation | null> {
  const query = bulkQuery(range, idsOnly);
  const newest = await newestOperations(client);
  const running = newest.filter(({ status }) => ['CREATED', 'RUNNING', 'CANCELING'].includes(status));
  const ours = running.find((operation) => operation.query === query && isAdoptable(operation));
  if (ours) return ours;
  return running.length < MOST_AT_ONCE ? runOperation(client, query) : null;
}

const isAdoptable = ({ status, createdAt }: Operation): boolean =>
  status !== 'CANCELING' && Date.now() - (readShopifyTime(createdAt)?.getTime() ?? NaN) < ADOPTED_WITHIN_MS;
