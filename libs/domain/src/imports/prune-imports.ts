import { asc, inArray, lt, sql } from 'drizzle-orm';
import {
  RESUMABLE_STATUSES,
  build,
  customerImportErrors,
  customerImportIds,
  customerImportLogs,
  customerImportSlices,
  ONE,
  statement,
  type Tx,
} from '@core/db';
import { deleteIds } from './store-ids.ts';
import { isOfRun, RUN } from './of-run.ts';

/**
 * An interrupted run keeps its ids and cursors for a resume. Merchants do not resume a run that is a month
 * old, because the shop has changed by then. The id of an erased person that it read again must not be kept
 * forever.
 */
const KEEP_RESUMABLE_DAYS = 30;
/** Merchants inspect the errors of an import within weeks. The errors identify people by their ids. */
const KEEP_ERRORS_DAYS = 90;

/** Limits of one transaction: small enough that no other process waits for its locks. */
const RUNS = 10;
const ERRORS = 1_000;

/**
 * Deletes what old runs kept: the ids and cursors of interrupted runs, and the errors of all runs. Counters
 * and log stay. A run that is resumed afterwards has no slice to continue with, and reads the whole shop
 * again. Several processes may prune at the same time.
 * @returns whether more remains to be deleted
 */
export async function pruneImports(tx: Tx): Promise<boolean> {
  const [runs, errors] = [await pruneRuns(tx), await pruneErrors(tx)];
  return runs === RUNS || errors === ERRORS;
}

// The lock blocks a resume, which looks for open slices.
const OLD_RUNS = statement({
  crosses: 'pruning',
  row: { merchantId: customerImportLogs.merchantId, importId: customerImportLogs.id },
  text: (_, row) => sql`
    select ${row} from ${customerImportLogs}
     where ${inArray(customerImportLogs.status, RESUMABLE_STATUSES)}
       and ${customerImportLogs.finishedAt} < now() - make_interval(days => ${KEEP_RESUMABLE_DAYS})
       and (exists (select from ${customerImportIds}
                     where ${customerImportIds.merchantId} = ${customerImportLogs.merchantId}
                       and ${customerImportIds.importId} = ${customerImportLogs.id})
            or exists (select from ${customerImportSlices}
                        where ${customerImportSlices.merchantId} = ${customerImportLogs.merchantId}
                          and ${customerImportSlices.importId} = ${customerImportLogs.id}
                          and not ${customerImportSlices.done}))
     order by ${customerImportLogs.finishedAt} limit ${RUNS}
       for update of ${customerImportLogs} skip locked`,
});

const CLOSE_SLICES = statement({
  params: RUN,
  text: (p) =>
    build
      .update(customerImportSlices)
      .set({ done: true, cursor: null })
      .where(isOfRun(customerImportSlices, p)),
});

async function pruneRuns(tx: Tx): Promise<number> {
  const runs = await tx.run(OLD_RUNS);
  for (const run of runs) {
    await deleteIds(tx, run);
    await tx.run(CLOSE_SLICES, run);
  }
  return runs.length;
}

/**
 * Ids encode time, so the index is in time order. If two processes prune at once, one waits and finds the
 * rows deleted.
 */
const PRUNE_ERRORS = statement({
  crosses: 'pruning',
  row: ONE,
  text(_, row) {
    const { merchantId, importId, id } = customerImportErrors;
    const oldest = build
      .select({ merchantId, importId, id })
      .from(customerImportErrors)
      .where(lt(id, sql`(select uuidv7(make_interval(days => ${-KEEP_ERRORS_DAYS})))`))
      .orderBy(asc(id))
      .limit(ERRORS);
    return build
      .delete(customerImportErrors)
      .where(sql`(${merchantId}, ${importId}, ${id}) in ${oldest}`)
      .returning(row);
  },
});

const pruneErrors = async (tx: Tx): Promise<number> => (await tx.run(PRUNE_ERRORS)).length;
