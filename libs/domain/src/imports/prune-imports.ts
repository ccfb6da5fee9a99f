import type { Tx } from '@core/db';
import { BROKEN_OFF } from './broken-off.ts';
import { forgetIds } from './keep-ids.ts';

/**
 * A run that was broken off keeps its ids and its places for a resume. So long: nobody resumes what is a month old, for
 * the shop is another by then, and an erased person's id that it met again must not be kept for ever.
 */
const KEEP_BROKEN_OFF_DAYS = 30;
/** A merchant looks into the errors of an import within weeks; they name people by their ids. */
const KEEP_ERRORS_DAYS = 90;

/** Of one transaction: short enough that nobody waits for its locks. */
const RUNS = 10;
const ERRORS = 1_000;

/**
 * Forgets what old runs kept: the ids and places of those that were broken off, and the errors of all. Counters and log
 * stay. A run that is resumed afterwards has no slice to go on with, and reads the shop anew. Several processes may do it
 * at once.
 * @returns whether there is more
 */
export async function pruneImports(tx: Tx): Promise<boolean> {
  const [runs, errors] = [await pruneRuns(tx), await pruneErrors(tx)];
  return runs === RUNS || errors === ERRORS;
}

async function pruneRuns(tx: Tx): Promise<number> {
  // Its lock keeps a resume off, which looks for open slices.
  const runs = await tx.query<{ merchantId: string; importId: string }>(
    `select r.merchant_id as "merchantId", r.id as "importId"
       from customer_import_logs r
      where r.${BROKEN_OFF} and r.finished_at < now() - make_interval(days => $1)
        and (exists (select from customer_import_ids i where i.import_id = r.id)
             or exists (select from customer_import_slices s where s.import_id = r.id and not s.done))
      order by r.finished_at limit ${RUNS} for update of r skip locked`,
    [KEEP_BROKEN_OFF_DAYS],
  );
  for (const run of runs) {
    await forgetIds(tx, run);
    await tx.query(
      'update customer_import_slices set done = true, cursor = null where merchant_id = $1 and import_id = $2',
      [run.merchantId, run.importId],
    );
  }
  return runs.length;
}

/** Their ids tell their time, and so the primary key is in its order. Of two at once, one waits and finds them gone. */
const pruneErrors = async (tx: Tx): Promise<number> =>
  (
    await tx.query(
      `delete from customer_import_errors where id in (
         select id from customer_import_errors
          where id < (select uuidv7(make_interval(days => $1)))
          order by id limit ${ERRORS})
       returning 1`,
      [-KEEP_ERRORS_DAYS],
    )
  ).length;
