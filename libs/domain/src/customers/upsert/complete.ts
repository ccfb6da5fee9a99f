import { canonicalJson } from '../../core/index.ts';
import { contentHash, type PageRow } from './page.ts';
import type { StoredCustomer } from './resolve.ts';

/**
 * Adds the stored values to rows with fewer fields than the source holds (a webhook has no tags, for
 * example), and hashes the completed rows. The hash then equals that of the next full read of the same
 * customer: the read finds nothing new, and local edits since then stay. With a hash of the webhook alone,
 * every webhook would make the next import compare the customer again.
 */
export const completeRows = (rows: readonly PageRow[], stored: readonly StoredCustomer[]): PageRow[] =>
  completeEach(rows, stored, (_row, metadata) => metadata);

/** Fields of the metadata that not every source of a run reports: REST has no group. */
const NOT_IN_EVERY_SOURCE = ['rfm_group'];

/**
 * Does the same for the rows of a run, for the fields that its source may lack. Rejected: to add every stored
 * field. A field that was added here would count as the source's, and the next run would compare the customer
 * again.
 */
export const completeRowsOfRun = (rows: readonly PageRow[], stored: readonly StoredCustomer[]): PageRow[] =>
  completeEach(rows, stored, (row, metadata) => {
    const lacking = NOT_IN_EVERY_SOURCE.filter((name) => name in metadata && !(name in row.metadata));
    return lacking.length > 0 && Object.fromEntries(lacking.map((name) => [name, metadata[name]]));
  });

type Metadata = PageRow['metadata'];

/** @param missingOf returns the stored fields to add; false: the row stays as it is */
function completeEach(
  rows: readonly PageRow[],
  stored: readonly StoredCustomer[],
  missingOf: (row: PageRow, metadata: Metadata) => Metadata | false,
): PageRow[] {
  const known = new Map(stored.map((customer) => [customer.externalId, customer]));
  return rows.map((row) => {
    const before = known.get(row.externalId);
    // Without metadata the row was found by an equal hash: there is nothing to add.
    const missing = before?.metadata && missingOf(row, before.metadata);
    if (!before || !missing) return row;
    const metadata = { ...missing, ...row.metadata };
    const json = canonicalJson(metadata);
    const blindIndex = row.email === undefined ? before.emailHash : row.emailHash;
    return { ...row, metadata, json, contentHash: contentHash(blindIndex, json) };
  });
}
