import { readShopifyTime } from '@core/contracts';
import { readCustomerAccess, refuseWithheld } from '../../read-customer-access.ts';
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
 *
 * A file contains null for a withheld email. The shop is therefore asked for access to emails before an
 * operation starts, and again once it has completed. Before the start, an access that is not known does not
 * count: the shop may have no customers.
 * @returns null when the maximum number of operations is running
 * @throws EmailsWithheld, and as ShopClient
 */
export async function startOperation(reading: Reading): Promise<Operation | null> {
  const { client } = reading;
  const query = bulkQuery(reading);
  const newest = await newestOperations(client);
  const running = newest.filter(({ status }) => ['CREATED', 'RUNNING', 'CANCELING'].includes(status));
  const ours = running.find((operation) => operation.query === query && isAdoptable(operation));
  if (ours) return ours;
  if (running.length >= MAX_AT_ONCE) return null;
  if (asksForEmail(reading)) refuseWithheld(await readCustomerAccess(client));
  return runOperation(client, query);
}

export const asksForEmail = ({ idsOnly, withoutEmail }: Reading): boolean => !idsOnly && !withoutEmail;

const isAdoptable = ({ status, createdAt }: Operation): boolean =>
  status !== 'CANCELING' && Date.now() - (readShopifyTime(createdAt)?.getTime() ?? NaN) < ADOPTED_WITHIN_MS;
