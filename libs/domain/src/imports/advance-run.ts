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
import { healShared } from './heal-shared.ts';
import { judgeRun } from './judge-run.ts';
import { isOfRun, isRun, lastPlan, RUN } from './of-run.ts';
import { rangeOfRun, rangesToReconcile, readRange } from './slice-range.ts';
import { correctRead, tallyRun } from './tally-run.ts';
import { isUnderWay } from './under-way.ts';
import { verifyDifference, verifyStrangers } from './verify-ids.ts';

const STARTED = {
  // A run that is under way has started.
  startedAt: sql<Date>`${customerImportLogs.startedAt}`,
  since: customerImportLogs.since,
};
type Started = RowOf<typeof STARTED>;

// No key update: the rows in customer_import_ids hold the run's key, and two that ask for more would wait for each other.
const LOCK_RUN = statement({
  params: RUN,
  row: STARTED,
  text: (p, row) =>
    build
      .select(row)
      .from(customerImportLogs)
      .where(and(isRun(p), or(isUnderWay(), eq(customerImportLogs.status, 'cancelling'))))
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
 * Takes the run to its next step if this page's commit, in the same transaction, was the last of its slices':
 * read -> reconcile -> verify -> judged; if need be ids -> verify -> judged once more.
 *
 * Also of a run that is to be cancelled: the page's commit stands, and a resume would find no slice to go on with. One
 * whose last page this was is complete, and said to be. Rejected: refusing the commit, which throws a read page away.
 */
export async function advanceRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // Two slices that end at once would each see the other as not done; behind this lock the second sees both.
  const [run] = await tx.run(LOCK_RUN, ref);
  const [last] = await tx.run(LAST_SLICE, ref);
  if (!run || !last || last.left) return;
  await allowLongStatements(tx);
  switch (last.kind) {
    case 'plan':
    case 'reconcile':
      return verifyStrangers(tx, ref);
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
      return judge(tx, ctx, ref, run);
  }
}

/**
 * Comparing the ids of a whole shop takes about 10 s a million customers (measured with 300,000), so that the pool's bound
 * of 30 s would end every run of more than three million at its last step, again and again. Nobody takes the slice over
 * meanwhile although its lease may run out: this transaction holds its row, and claims skip locked rows. Others wait
 * only for the customers of this one page. Rejected: comparing by pages, which needs a cursor of its own to resume from.
 */
const allowLongStatements = (tx: Tx) => tx.allowStatements(LONGEST_STATEMENT_MIN);

/** Enough for a hundred million customers; a longer statement hangs. */
const LONGEST_STATEMENT_MIN = 20;

async function judge(tx: Tx, ctx: CommandContext, ref: ImportRef, run: Started): Promise<void> {
  const tally = await tallyRun(tx, ref);
  const verdict = judgeRun(tally);
  if (verdict.kind === 'scan') return scanIds(tx, ref, run);
  await correctRead(tx, ref);
  await healShared(tx, ctx, ref);
  if (verdict.kind === 'complete') return completeRun(tx, ctx, ref);
  return endIncomplete(tx, ctx, ref, { ...verdict, counted: tally.counted });
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

/** Lists the ids over the ranges that the run has read; over the run's whole range if the shop was empty. */
async function scanIds(tx: Tx, ref: ImportRef, run: Started): Promise<void> {
  const read = await tx.run(RANGES_READ, ref);
  const ranges = read.length > 0 ? read.map(({ range }) => readRange(range)) : [rangeOfRun(run)];
  await addSlices(
    tx,
    ref,
    ranges.map((range) => ({ kind: 'ids', range })),
  );
}
