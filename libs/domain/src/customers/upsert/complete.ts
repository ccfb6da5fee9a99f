import { canonicalJson } from '../../core/index.ts';
import { contentHash, type PageRow } from './page.ts';
import type { StoredCustomer } from './resolve.ts';

/**
 * Adds to rows that say less than the source holds (a webhook has no tags, for one) what is stored of the rest, and
 * hashes them so. The hash is then the one that the next full read of the same customer has: it finds nothing new,
 * and what was edited here since stands. Hashed by itself, every webhook would make the next import look again.
 */
export function completeRows(rows: readonly PageRow[], stored: readonly StoredCustomer[]): PageRow[] {
  const known = new Map(stored.map((customer) => [customer.externalId, customer]));
  return rows.map((row) => {
    const before = known.get(row.externalId);
    // Without metadata it was found by an equal hash: nothing to add.
    if (!before?.metadata) return row;
    const metadata = { ...before.metadata, ...row.metadata };
    const json = canonicalJson(metadata);
    const blindIndex = row.email === undefined ? before.emailHash : row.emailHash;
    return { ...row, metadata, json, contentHash: contentHash(blindIndex, json) };
  });
}
