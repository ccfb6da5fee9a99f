import type { SliceKind, Tx } from '@core/db';
import type { CommandContext } from '../../context.ts';
import type { ImportRef } from './cancel-import.ts';
import { addSlices } from './add-slices.ts';
import { completeRun, endIncomplete } from './end-run.ts';
import { judgeRun } from './judge-run.ts';
import { rangeOfRun, rangesToReconcile, readRange } from './slice-range.ts';
import { correctRead, tallyRun } from './tally-run.ts';
import { UNDER_WAY } from './under-way.ts';
import { verifyDifference, verifyStrangers } from './verify-ids.ts';

/**
 * Takes the run to its next step if this page's commit, in the same transaction, was the last of its slices':
 * read -> reconcile -> verify -> judged; if need be ids -> verify -> judged once more.
 */
export async function advanceRun(tx: Tx, ctx: CommandContext, ref: ImportRef): Promise<void> {
  // Two slices that end at once would each see the other as not done; behind this lock the second sees both. No key
  // update: the rows in customer_import_ids hold the run's key, and two that ask for more would wait for each other.
  const [run] = await tx.query<Started & Record<string, unknown>>(
    `select started_at as "startedAt", since from customer_import_logs
      where merchant_id = $1 and id = $2 and ${UNDER_WAY} for no key update`,
    [ref.merchantId, ref.importId],
  );
  const [last] = await tx.query<{ kind: SliceKind; left: boolean }>(
    `select kind, (select bool_or(not done) from customer_import_slices where import_id = $2) as left
       from customer_import_slices where merchant_id = $1 and import_id = $2 order by slice desc limit 1`,
    [ref.merchantId, ref.importId],
  );
  if (!run || !last || last.left) return;
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

interface Started {
  startedAt: Date;
  since: Date | null;
}

async function judge(tx: Tx, ctx: CommandContext, ref: ImportRef, run: Started): Promise<void> {
  const tally = await tallyRun(tx, ref);
  const verdict = judgeRun(tally);
  if (verdict.kind === 'scan') return scanIds(tx, ref, run);
  await correctRead(tx, ref);
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
