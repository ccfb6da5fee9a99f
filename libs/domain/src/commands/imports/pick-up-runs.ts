import type { Tx } from '@core/db';

/**
 * Starts pending runs, oldest first: at most `limit`, and none that another importer is starting.
 * One locking statement. Rejected: select, then update in a second round trip (two importers wait for
 * each other's rows); an advisory lock around the whole tick (one stuck importer stops all); plain
 * `for update` (importers queue up behind the first).
 */
export async function pickUpRuns(tx: Tx, limit: number): Promise<{ importId: string }[]> {
  return tx.query<{ importId: string }>(
    `update customer_import_logs r
        set status = 'running', started_at = coalesce(r.started_at, now())
       from (select id from customer_import_logs where status = 'pending'
              order by id limit $1 for update skip locked) pending
      where r.id = pending.id
     returning r.id as "importId"`,
    [limit],
  );
}
