import { readShopifyTime } from '@core/contracts';
import type { QueryCost } from '../../answers/errors.ts';
import type { ShopifyClient } from '../../client/client.ts';
import type { SourceQuery } from '../source.ts';
import { bulkQuery, newestOperations, runOperation, type Operation } from './operation.ts';

/** At once, per app and shop. Source: shopify.dev/docs/api/usage/bulk-operations/queries ("Limitations"). */
const MOST_AT_ONCE = 5;
/**
 * So long an operation may be under way to be taken over. It read a shop of then: what was edited since must still be
 * within the reach of the run's reconciliation, which begins a while before the run.
 */
const ADOPTED_WITHIN_MS = 120_000;

/** An operation that is under way, or how to start it; neither: all places are taken. */
export interface Start {
  found: Operation | null;
  start: ((accessToken: string) => ReturnType<typeof runOperation>) | null;
  cost: QueryCost | null;
}

/**
 * Takes over the operation of a slice that an importer started and could not write down before it was killed: left
 * alone it would hold a place until it is done. Where there is none, the next request starts it. It must follow at once:
 * a look that was written down first would be trusted after a kill, too.
 */
export async function findOperation(
  client: ShopifyClient,
  { range, idsOnly, ...access }: SourceQuery,
): Promise<Start> {
  const query = bulkQuery(range, idsOnly);
  const { found: newest, cost } = await newestOperations(client, access);
  const running = newest.filter(({ status }) => ['CREATED', 'RUNNING', 'CANCELING'].includes(status));
  const ours = running.find((operation) => operation.query === query && isAdoptable(operation));
  if (ours) return { found: ours, start: null, cost };
  const start = (accessToken: string) => runOperation(client, { ...access, accessToken }, query);
  return { found: null, start: running.length < MOST_AT_ONCE ? start : null, cost };
}

const isAdoptable = ({ status, createdAt }: Operation): boolean =>
  status !== 'CANCELING' && Date.now() - (readShopifyTime(createdAt)?.getTime() ?? NaN) < ADOPTED_WITHIN_MS;
