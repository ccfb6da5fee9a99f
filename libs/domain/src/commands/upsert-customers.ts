import { appendAudit, appendToOutbox, type CustomerChange, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';
import { loadStored, loadTombstones } from './upsert/load.ts';
import { preparePage, type ImportedCustomer } from './upsert/page.ts';
import { resolvePage } from './upsert/resolve.ts';
import { insertCustomers, logRowErrors, releaseEmails, updateCustomers } from './upsert/write.ts';

export type { ImportedCustomer };

export interface UpsertCustomers {
  merchantId: string;
  importId: string;
  /** One page of the source. */
  customers: readonly ImportedCustomer[];
}

/** Every row of the page is in exactly one of these, duplicates within the page in `unchanged`. */
export interface UpsertCounts {
  created: number;
  updated: number;
  unchanged: number;
  /** Erased people, not brought back. */
  skipped: number;
  failed: number;
}

/**
 * Stores one page of imported customers with their events, in the caller's transaction. What the source
 * does not say anew is not written, so that a second import writes and emits nothing.
 * @throws RaceLost when a row changed meanwhile: inTransaction runs the whole page anew
 */
export async function upsertCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: UpsertCustomers,
): Promise<UpsertCounts> {
  const { merchantId, importId, customers } = input;
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const page = preparePage(keys, customers);
  const stored = await loadStored(tx, merchantId, page.rows);
  const tombstones = await loadTombstones(tx, merchantId, keys, page.rows);
  const resolution = resolvePage(page.rows, stored, tombstones);

  await releaseEmails(tx, merchantId, resolution.releases);
  const inserted = await insertCustomers(tx, merchantId, keys, resolution.inserts);
  const updated = await updateCustomers(tx, merchantId, keys, resolution.updates);

  const created = new Map(resolution.inserts.map(({ row }) => [row.externalId, row]));
  const changedFields = new Map(resolution.updates.map((update) => [update.id, update.changedFields]));
  const changes: CustomerChange[] = [
    ...inserted.map(({ id, externalId }) => ({
      merchantId,
      customerId: id,
      version: 1,
      changedFields: [...(created.get(externalId)?.email ? ['email'] : []), 'external_id', 'metadata'],
      origin: 'import' as const,
    })),
    ...updated.map(({ id, version }) => ({
      merchantId,
      customerId: id,
      version,
      changedFields: changedFields.get(id) ?? [],
      origin: 'import' as const,
    })),
  ];
  await appendToOutbox(tx, changes);
  await logRowErrors(tx, merchantId, importId, [...page.failed, ...page.warnings, ...resolution.warnings]);

  const counts: UpsertCounts = {
    created: inserted.length,
    updated: updated.length,
    unchanged: resolution.unchanged + (customers.length - page.rows.length - page.failed.length),
    skipped: resolution.erased,
    failed: page.failed.length,
  };
  // One audit row a page: one a customer would flood the log, and the events name each of them.
  if (changes.length > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      action: 'import.page',
      detail: { import_id: importId, ...counts },
    });
  }
  return counts;
}
