import type { Tx } from '@core/db';

/**
 * Starts pending runs, oldest first: at most `limit`, and none that another importer is starting.
 * One locking statement, its rows found once, as in claimSlices. Rejected: select, then update in a second
 * round trip (two importers wait for each other's rows); an advisory lock around the whole tick (one stuck
 * importer stops all); plain `for update` (importers queue up behind the first).
 */
export async function pickUpRuns(tx: Tx, limit: number): Promise<{ importId: string }[]> {
  return tx.query<{ importId: string }>(
    `with pending as materialized (
       select id from customer_import_logs where status = 'pending'
        order by id limit $1 for update skip locked)
     update customer_import_logs r
        set status = 'running', waiting_reason = null, started_at = coalesce(r.started_at, now())
       from pending
      where r.id = pending.id
     returning r.id as "importId"`,
    [limit],
  );
}
