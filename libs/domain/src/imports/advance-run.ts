import { and, asc, desc, eq, or, sql } from 'drizzle-orm';
import {
  build,
  customerImportLogs,
  customerImportSlices,
  returning,
  statement,
  type RowOf,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../core/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { addSlices } from './add-slices.ts';
import { completeRun, endIncomplete } from './end-run.ts';
import { restoreSharedEmails } from './restore-shared-emails.ts';
import { decideImportOutcome } from './decide-import-outcome.ts';
import { isOfRun, isRun, lastPlan, RUN } from './of-run.ts';
import { rangeOfRun, rangesToReconcile, readRange } from './slice-range.ts';
import { correctReadCount, countRun } from './count-run.ts';
import { isRunning } from './is-running.ts';
import { verifyDifference, verifyUnseenCustomers } from './verify-ids.ts';

const STARTED = {
  // A run in progress has a start time.
  startedAt: sql<Date>`${customerImportLogs.startedAt}`,
  since: customerImportLogs.since,
};
type Started = RowOf<typeof STARTED>;

// Not `for update`: rows in customer_import_ids reference the run and hold a key share lock on it. Two
// transactions that hold one and request `for update` would deadlock.
const LOCK_RUN = statement({
  params: RUN,
  row: STARTED,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(isRun(p), or(isRunning(), eq(customerImportLogs.status, 'cancelling'))))
      .for('no key update'),
});

const LAST_SLICE = statement({
  params: RUN,
  text(p) {
    const isOurs = isOfRun(customerImportSlices, p);
    const left = sql<boolean>`(
      select bool_or(not ${customerImportSlices.done}) from ${customerImportSlices} where ${isOurs})`;
    return returning({ kind: customerImportSlices.kind, left }, (row) =>
      build
        .select(row)
        .from(customerImportSlices)
        .where(isOurs)
        .orderBy(desc(customerImportSlices.slice))
        .limit(1),
    );
  },
});

/**
 * Moves the run to its next step when this page's commit, in the same transaction, completes the last of its
 * slices. The steps are read -> reconcile -> verify -> decide; if needed, ids -> verify -> decide follow
 * once.
 *
 * This includes a run that is being cancelled: the page's commit stands, and a resume would find no slice to
 * continue with. If this was the last page, the run is complete and is reported as complete. Rejected:
 * refusing the commit, which discards a page that was read.
 */
export async function advanceRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // Two slices that finish at the same time would each see the other as unfinished. After this lock the
  // second one sees both as finished.
  const [run] = await tx.run(LOCK_RUN, ref);
  const [last] = await tx.run(LAST_SLICE, ref);
  if (!run || !last || last.left) return;
  await allowLongStatements(tx);
  switch (last.kind) {
    case 'plan':
    case 'reconcile':
      return verifyUnseenCustomers(tx, ref);
    case 'read': {
      const ranges = rangesToReconcile(run.startedAt);
      await addSlices(
        tx,
        ref,
        ranges.map((range) => ({ kind: 'reconcile', range })),
      );
      return;
    }
    case 'ids':
      return verifyDifference(tx, ref);
    case 'verify':
      return applyOutcome(tx, ctx, ref, run);
  }
}

/**
 * Comparing the ids of a whole shop takes about 10 s per million customers (measured with 300,000). The
 * pool's limit of 30 s would therefore stop every run of more than three million at its last step, on each
 * retry. No other process claims the slice in the meantime, even when its lease expires: this transaction
 * locks the row, and claims skip locked rows. Other writers wait only for the customers of this one page.
 * Rejected: comparing page by page, which needs a separate cursor to resume from.
 */
const allowLongStatements = (tx: Tx) => tx.allowStatements(LONGEST_STATEMENT_MIN);

/** Enough for a hundred million customers; a statement that runs longer is stuck. */
const LONGEST_STATEMENT_MIN = 20;

async function applyOutcome(tx: Tx, ctx: CommandContext, ref: ImportRef, run: Started): Promise<void> {
  const counts = await countRun(tx, ref);
  const outcome = decideImportOutcome(counts);
  if (outcome.kind === 'scan') return scanIds(tx, ref, run);
  await correctReadCount(tx, ref);
  await restoreSharedEmails(tx, ctx, ref);
  if (outcome.kind === 'complete') return completeRun(tx, ctx, ref);
  return endIncomplete(tx, ctx, ref, { ...outcome, counted: counts.counted });
}

const RANGES_READ = statement({
  params: RUN,
  row: { range: customerImportSlices.range },
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportSlices)
      .where(
        and(
          isOfRun(customerImportSlices, p),
          eq(customerImportSlices.kind, 'read'),
          sql`${customerImportSlices.slice} > coalesce(${lastPlan(p)}, -1)`,
        ),
      )
      .orderBy(asc(customerImportSlices.slice)),
});

/**
 * Lists the ids over the ranges that the run has read, or over the run's whole range if the shop was empty.
 */
async function scanIds(tx: Tx, ref: ImportRef, run: Started): Promise<void> {
  const read = await tx.run(RANGES_READ, ref);
  const ranges = read.length > 0 ? read.map(({ range }) => readRange(range)) : [rangeOfRun(run)];
  await addSlices(
    tx,
    ref,
    ranges.map((range) => ({ kind: 'ids', range })),
  );
}
