import type { MerchantId, ImportId } from '@core/contracts';
import { appendAudit, type Origin, type Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { lockErasureShared } from './persons/erasure-lock.ts';
import { reindexEmails } from './emails/reindex-emails.ts';
import { completeRows, completeRowsOfRun } from './upsert/complete.ts';
import { loadRunStart, loadStored, loadTombstones } from './upsert/load.ts';
import type { RowReason } from './upsert/row-reasons.ts';
import { logRowErrors } from './upsert/log-row-errors.ts';
import { preparePage, type ImportedCustomer } from './upsert/page.ts';
import type { MissedWithin } from './upsert/is-missed.ts';
import { resolvePage } from './upsert/resolve.ts';
import { insertCustomers, releaseEmails, touchCustomers, updateCustomers } from './upsert/write.ts';

export interface UpsertCustomers {
  merchantId: MerchantId;
  /** The run that read the customers. Absent: a webhook reported them, with fewer fields than a run reads. */
  importId?: ImportId | undefined;
  /** One page of the source. */
  customers: readonly ImportedCustomer[];
  /**
   * Receives the reason codes of rows that were not stored as received, when there is no run whose log
   * records them.
   */
  onRowErrors?: ((reasons: readonly RowReason[]) => void) | undefined;
  /** The times of the changes that a webhook should have brought; absent: none are counted as missed. */
  missedWithin?: MissedWithin | undefined;
}

/**
 * Every row of the page is counted in exactly one field, except for `missed`; duplicates within the page
 * count as `unchanged`.
 */
export interface UpsertCounts {
  created: number;
  updated: number;
  unchanged: number;
  /** Erased people, and customers deleted after the source reported this: they are not restored. */
  skipped: number;
  failed: number;
  /** The created and updated customers whose change a webhook should have brought. */
  missed?: number;
}

/**
 * Stores one page of imported customers with their events, in the caller's transaction. Only new content of
 * the source is written, so that a second import writes and emits nothing. A deleted customer is restored
 * when the run started, or the source changed the customer, after the deletion.
 * @throws RaceLost when a row changed meanwhile: inTransaction runs the whole page again
 */
export async function upsertCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: UpsertCustomers,
): Promise<UpsertCounts> {
  const { merchantId, importId, customers, missedWithin } = input;
  await lockErasureShared(tx, { merchantId });
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const page = preparePage(keys, customers);
  await reindexEmails(
    tx,
    keys,
    merchantId,
    page.rows.flatMap(({ email }) => email ?? []),
  );
  const stored = await loadStored(tx, merchantId, page.rows);
  const tombstones = await loadTombstones(tx, merchantId, keys, [...page.rows, ...page.failed]);
  const anyDeleted = stored.some(({ deletedAt }) => deletedAt !== null);
  const readSince = importId && anyDeleted ? await loadRunStart(tx, merchantId, importId) : null;
  const complete = importId ? completeRowsOfRun : completeRows;
  const rows = complete(page.rows, stored);
  const resolution = resolvePage(rows, stored, tombstones, readSince, missedWithin);
  const origin: Origin = importId ? 'import' : 'webhook';

  await releaseEmails(tx, merchantId, resolution.releases);
  const insertedId = await insertCustomers(tx, merchantId, keys, resolution.inserts, origin);
  await updateCustomers(tx, merchantId, keys, resolution.updates, origin);
  // A run touches only new content: it reads changes again at its end, and a second run must write nothing.
  const touches = resolution.touches.filter(({ contentHash }) => !importId || contentHash !== null);
  await touchCustomers(tx, merchantId, touches);
  const errors = [...page.failed, ...page.warnings, ...resolution.warnings];
  // The log of errors must not bring an erased external id back either.
  const kept = errors.filter(({ externalId }) => !tombstones.externalIds.has(externalId));
  if (importId) {
    const externalIds = customers.map(({ externalId }) => externalId);
    await logRowErrors(tx, { merchantId, importId, externalIds, errors: kept });
  }
  if (!importId && kept.length > 0) input.onRowErrors?.(kept.map(({ reason }) => reason));

  const counts: UpsertCounts = {
    created: resolution.inserts.length,
    updated: resolution.updates.length,
    unchanged: resolution.unchanged + (customers.length - page.rows.length - page.failed.length),
    skipped: resolution.skipped,
    failed: page.failed.length,
    ...(missedWithin && { missed: resolution.missed }),
  };
  // One audit row per page: one per customer would flood the log, and the events name each customer. A
  // webhook concerns one customer, so its row names that customer, whose own log then contains it.
  const changed = counts.created + counts.updated;
  if (changed > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: importId || changed > 1 ? undefined : (insertedId ?? resolution.updates[0]?.id),
      action: importId ? 'import.page' : 'webhook.customers',
      detail: { ...(importId ? { import_id: importId } : {}), ...counts },
    });
  }
  return counts;
}
