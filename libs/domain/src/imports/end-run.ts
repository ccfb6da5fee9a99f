import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import {
  appendAudit,
  build,
  customerImportLogs,
  customerImportSlices,
  ONE,
  statement,
  type ImportStatus,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { explainReason } from '../customers/index.ts';
import { getImport, type ImportRun } from './imports.ts';
import type { ImportRef } from './cancel-import.ts';
import { countRowErrors, keepRowErrors, type RowErrorCounts } from './count-row-errors.ts';
import { deleteIds } from './store-ids.ts';
import { renewLease, type PageRef } from './lease.ts';
import { isOfRun, isRun, RUN } from './of-run.ts';

/**
 * Completes a run. The status is completed_with_errors when a customer was not stored, or was stored without
 * a field. A note alone is not an error.
 */
export async function completeRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // The ids have served their purpose.
  await deleteIds(tx, ref);
  const rowErrors = await countRowErrors(tx, ref);
  const hasErrors = Object.keys(rowErrors).some((reason) => explainReason(reason).effect !== 'note');
  await endRun(tx, ctx, ref, { status: hasErrors ? 'completed_with_errors' : 'completed', rowErrors });
}

/** Ends a run that was decided to be incomplete. The message contains how many customers are missing. */
export async function endIncomplete(
  tx: Tx,
  ctx: CommandContext,
  ref: ImportRef,
  { counted, missing }: { counted: number; missing: number },
): Promise<void> {
  const message =
    `Shopify counts ${counted} customers, but only ${counted - missing} could be read: ${missing} are missing, ` +
    'also from its list of ids. Resume the import to read the whole shop again.';
  await endRun(tx, ctx, ref, { status: 'incomplete', error: message });
}

export interface FailRun extends PageRef {
  /** Shown to the merchant: contains no token and no personal data. */
  message: string;
}

/**
 * Fails the run of this page for a reason that a retry does not fix.
 * @throws Fenced when the page is no longer the caller's: its new holder may well succeed
 */
export async function failRun(tx: Tx, ctx: CommandContext, { message, ...page }: FailRun): Promise<void> {
  await lockSlices(tx, page);
  await renewLease(tx, page);
  await endRun(tx, ctx, page, { status: 'failed', error: message });
}

export interface CancelledRun extends ImportRef {
  shop: string;
  source: ImportRun['source'];
  /** Cursors of its slices that were not done. */
  cursors: string[];
}

const CANCELLING = statement({
  crosses: 'queues',
  row: {
    merchantId: customerImportLogs.merchantId,
    importId: customerImportLogs.id,
    shop: customerImportLogs.shop,
    source: customerImportLogs.source,
    cursors: sql<string[]>`array(
      select ${customerImportSlices.cursor} from ${customerImportSlices}
       where ${customerImportSlices.merchantId} = ${customerImportLogs.merchantId}
         and ${customerImportSlices.importId} = ${customerImportLogs.id} and not ${customerImportSlices.done}
         and ${customerImportSlices.cursor} is not null
         and ${inArray(customerImportSlices.kind, ['read', 'ids'])})`,
  },
  text: (_, row) =>
    build.select(row).from(customerImportLogs).where(eq(customerImportLogs.status, 'cancelling')),
});

/** Ends the runs that are being cancelled. Pages in flight find themselves fenced and write nothing. */
export async function finishCancels(tx: Tx, ctx: CommandContext): Promise<CancelledRun[]> {
  const cancelled: CancelledRun[] = [];
  for (const ref of await tx.run(CANCELLING)) {
    if (await endRun(tx, ctx, ref, { status: 'cancelled' })) cancelled.push(ref);
  }
  return cancelled;
}

const END = statement({
  params: { ...RUN, status: customerImportLogs.status, error: customerImportLogs.error },
  row: ONE,
  text: (p, row) =>
    build
      .update(customerImportLogs)
      .set({ status: p.status, error: p.error, waitingReason: null, finishedAt: sql`now()` })
      .where(and(isRun(p), inArray(customerImportLogs.status, ['running', 'paused', 'cancelling'])))
      .returning(row),
});

const RECLAIM_SLICES = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportSlices)
      .set({ fence: sql`${customerImportSlices.fence} + 1`, leaseUntil: null, failingSince: null })
      .where(isOfRun(customerImportSlices, p)),
});

const LOCK_SLICES = statement({
  params: RUN,
  row: ONE,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportSlices)
      .where(isOfRun(customerImportSlices, p))
      .orderBy(asc(customerImportSlices.slice))
      .for('update'),
});

/**
 * Locks the slices in one order and before the run, as every page does: all pages of a run may fail at the
 * same moment.
 */
const lockSlices = (tx: Tx, { merchantId, importId }: ImportRef): Promise<unknown> =>
  tx.run(LOCK_SLICES, { merchantId, importId });

/** @returns false when another process has already ended the run */
async function endRun(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, importId }: ImportRef,
  { status, error, rowErrors }: { status: ImportStatus; error?: string; rowErrors?: RowErrorCounts },
): Promise<boolean> {
  const ref = { merchantId, importId };
  await lockSlices(tx, ref);
  const ended = await tx.run(END, { ...ref, status, error });
  if (ended.length === 0) return false;
  await keepRowErrors(tx, ref, rowErrors ?? (await countRowErrors(tx, ref)));
  await tx.run(RECLAIM_SLICES, ref);
  const { read, created, updated, failed } = await getImport(tx, ref);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'import.end',
    detail: { import_id: importId, status, read, created, updated, failed },
  });
  return true;
}
