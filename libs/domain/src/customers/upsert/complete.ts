import { canonicalJson } from '../../core/index.ts';
import { contentHash, type PageRow } from './page.ts';
import type { StoredCustomer } from './resolve.ts';

/**
 * Adds the stored values to rows with fewer fields than the source holds (a webhook has no tags, for
 * example), and hashes the completed rows. The hash then equals that of the next full read of the same
 * customer: the read finds nothing new, and local edits since then stay. With a hash of the webhook alone,
 * every webhook would make the next import compare the customer again.
 */
export function completeRows(rows: readonly PageRow[], stored: readonly StoredCustomer[]): PageRow[] {
  const known = new Map(stored.map((customer) => [customer.externalId, customer]));
  return rows.map((row) => {
    const before = known.get(row.externalId);
    // Without metadata the row was found by an equal hash: there is nothing to add.
    if (!before?.metadata) return row;
    const metadata = { ...before.metadata, ...row.metadata };
    const json = canonicalJson(metadata);
    const blindIndex = row.email === undefined ? before.emailHash : row.emailHash;
    return { ...row, metadata, json, contentHash: contentHash(blindIndex, json) };
  });
}
