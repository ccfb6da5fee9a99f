import type { SliceKind, Tx } from '@core/db';
import type { CommandContext } from '../core/index.ts';
import type { ImportRef } from './cancel-import.ts';
import { addSlices } from './add-slices.ts';
import { completeRun, endIncomplete } from './end-run.ts';
import { healShared } from './heal-shared.ts';
import { judgeRun } from './judge-run.ts';
import { rangeOfRun, rangesToReconcile, readRange } from './slice-range.ts';
import { correctRead, tallyRun } from './tally-run.ts';
import { UNDER_WAY } from './under-way.ts';
import { verifyDifference, verifyStrangers } from './verify-ids.ts';

/**
 * Takes the run to its next step if this page's commit, in the same transaction, was the last of its slices':
 * read -> reconcile -> verify -> judged; if need be ids -> verify -> judged once more.
 *
 * Also of a run that is to be cancelled: the page's commit stands, and a resume would find no slice to go on with. One
 * whose last page this was is complete, and said to be. Rejected: refusing the commit, which throws a read page away.
 */
export async function advanceRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // Two slices that end at once would each see the other as not done; behind this lock the second sees both. No key
  // update: the rows in customer_import_ids hold the run's key, and two that ask for more would wait for each other.
  const [run] = await tx.query<Started & Record<string, unknown>>(
    `select started_at as "startedAt", since from customer_import_logs
      where merchant_id = $1 and id = $2 and (${UNDER_WAY} or status = 'cancelling') for no key update`,
    [ref.merchantId, ref.importId],
  );
  const [last] = await tx.query<{ kind: SliceKind; left: boolean }>(
    `select kind, (select bool_or(not done) from customer_import_slices where import_id = $2) as left
       from customer_import_slices where merchant_id = $1 and import_id = $2 order by slice desc limit 1`,
    [ref.merchantId, ref.importId],
  );
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
 * only for the customers of this one page. Rejected: comparing by pages, which needs a place of its own to resume from.
 */
const allowLongStatements = (tx: Tx) => tx.allowStatements(LONGEST_STATEMENT_MIN);

/** A hundred million customers; what takes longer hangs. */
const LONGEST_STATEMENT_MIN = 20;

interface Started {
  startedAt: Date;
  since: Date | null;
}

async function judge(tx: Tx, ctx: CommandContext, ref: ImportRef, run: Started): Promise<void> {
  const tally = await tallyRun(tx, ref);
  const verdict = judgeRun(tally);
  if (verdict.kind === 'scan') return scanIds(tx, ref, run);
  await correctRead(tx, ref);
  await healShared(tx, ctx, ref);
  if (verdict.kind === 'complete') return completeRun(tx, ctx, ref);
  return endIncomplete(tx, ctx, ref, { ...verdict, counted: tally.counted });
}

/** Lists the ids of what the run has read, over the same ranges; of a shop that was empty, over all of it. */
async function scanIds(tx: Tx, ref: ImportRef, run: Started): Promise<void> {
  const read = await tx.query<{ range: string }>(
    `select range from customer_import_slices
      where merchant_id = $1 and import_id = $2 and kind = 'read'
        and slice > coalesce((select max(slice) from customer_import_slices
                               where import_id = $2 and kind = 'plan'), -1)
      order by slice`,
    [ref.merchantId, ref.importId],
  );
  const ranges = read.length > 0 ? read.map(({ range }) => readRange(range)) : [rangeOfRun(run)];
  await addSlices(
    tx,
    ref,
    ranges.map((range) => ({ kind: 'ids', range })),
  );
}
