import { appendAudit, appendToOutbox, type CustomerChange, type Origin, type Tx } from '@core/db';
import type { CommandContext } from '../context.ts';
import { holdOffErasures } from './privacy/erasure-gate.ts';
import { completeRows } from './upsert/complete.ts';
import { loadRunStart, loadStored, loadTombstones } from './upsert/load.ts';
import { preparePage, type ImportedCustomer } from './upsert/page.ts';
import { resolvePage } from './upsert/resolve.ts';
import {
  insertCustomers,
  logRowErrors,
  releaseEmails,
  touchCustomers,
  updateCustomers,
} from './upsert/write.ts';

export type { ImportedCustomer };

export interface UpsertCustomers {
  merchantId: string;
  /** The run that read them. Absent: a webhook told of them, which says less of a customer than a run reads. */
  importId?: string | undefined;
  /** One page of the source. */
  customers: readonly ImportedCustomer[];
}

/** Every row of the page is in exactly one of these, duplicates within the page in `unchanged`. */
export interface UpsertCounts {
  created: number;
  updated: number;
  unchanged: number;
  /** Erased people, and who was deleted after the source said this of them: not brought back. */
  skipped: number;
  failed: number;
}

/**
 * Stores one page of imported customers with their events, in the caller's transaction. What the source
 * does not say anew is not written, so that a second import writes and emits nothing. A deleted customer comes back
 * to life when the run began, or the source changed the customer, after the deletion.
 * @throws RaceLost when a row changed meanwhile: inTransaction runs the whole page anew
 */
export async function upsertCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: UpsertCustomers,
): Promise<UpsertCounts> {
  const { merchantId, importId, customers } = input;
  await holdOffErasures(tx, merchantId);
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const page = preparePage(keys, customers);
  const stored = await loadStored(tx, merchantId, page.rows);
  const tombstones = await loadTombstones(tx, merchantId, keys, [...page.rows, ...page.failed]);
  const anyDeleted = stored.some(({ deletedAt }) => deletedAt !== null);
  const readSince = importId && anyDeleted ? await loadRunStart(tx, merchantId, importId) : null;
  const rows = importId ? page.rows : completeRows(page.rows, stored);
  const resolution = resolvePage(rows, stored, tombstones, readSince);
  const origin: Origin = importId ? 'import' : 'webhook';

  await releaseEmails(tx, merchantId, resolution.releases);
  const inserted = await insertCustomers(tx, merchantId, keys, resolution.inserts);
  const updated = await updateCustomers(tx, merchantId, keys, resolution.updates);
  // A run reads again at its end what changed meanwhile, and a second run must write nothing.
  if (!importId) await touchCustomers(tx, merchantId, resolution.touches);

  const created = new Map(resolution.inserts.map(({ row }) => [row.externalId, row]));
  const changedFields = new Map(resolution.updates.map((update) => [update.id, update.changedFields]));
  const changes: CustomerChange[] = [
    ...inserted.map(({ id, externalId }) => ({
      merchantId,
      customerId: id,
      version: 1,
      changedFields: [...(created.get(externalId)?.email ? ['email'] : []), 'external_id', 'metadata'],
      origin,
    })),
    ...updated.map(({ id, version }) => ({
      merchantId,
      customerId: id,
      version,
      changedFields: changedFields.get(id) ?? [],
      origin,
    })),
  ];
  await appendToOutbox(tx, changes);
  if (importId) {
    const errors = [...page.failed, ...page.warnings, ...resolution.warnings];
    // Nor may the log of errors bring an erased external id back.
    const kept = errors.filter(({ externalId }) => !tombstones.externalIds.has(externalId));
    await logRowErrors(tx, merchantId, importId, kept);
  }

  const counts: UpsertCounts = {
    created: inserted.length,
    updated: updated.length,
    unchanged: resolution.unchanged + (customers.length - page.rows.length - page.failed.length),
    skipped: resolution.skipped,
    failed: page.failed.length,
  };
  // One audit row a page: one a customer would flood the log, and the events name each of them.
  if (changes.length > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      action: importId ? 'import.page' : 'webhook.customers',
      detail: { ...(importId ? { import_id: importId } : {}), ...counts },
    });
  }
  return counts;
}
