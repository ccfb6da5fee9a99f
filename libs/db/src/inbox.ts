import type { Pool } from './pool.ts';
import type { Tx } from './transaction.ts';

/**
 * Claims events for a consumer in the caller's transaction, in one statement.
 * @returns those that were not applied before; the caller leaves the others alone
 */
export async function claimEvents(
  tx: Tx,
  consumer: string,
  eventIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (eventIds.length === 0) return new Set();
  // In one order: two consumers with events of both wait for each other instead of deadlocking.
  const rows = await tx.query<{ event_id: string }>(
    `insert into inbox_events (consumer, event_id)
     select distinct $1, id from unnest($2::text[]) as given (id) order by id
     on conflict do nothing returning event_id`,
    [consumer, eventIds],
  );
  return new Set(rows.map((row) => row.event_id));
}

/** Forgets that events were applied: they are given up, and may come again by hand. */
export async function unclaimEvents(tx: Tx, consumer: string, eventIds: readonly string[]): Promise<void> {
  await tx.query('delete from inbox_events where consumer = $1 and event_id = any($2)', [consumer, eventIds]);
}

/** Rows of one delete: short enough that nobody waits for its locks, and vacuum keeps up. */
const PRUNE_BATCH = 1_000;

/**
 * Deletes claims older than `days`. Several processes may do it at once.
 * @returns how many went; fewer than a full batch when there are no more
 */
export async function pruneInbox(pool: Pool, days: number): Promise<{ pruned: number; more: boolean }> {
  const { rowCount } = await pool.query(
    `delete from inbox_events where (consumer, event_id) in (
       select consumer, event_id from inbox_events
        where processed_at < now() - make_interval(days => $1)
        order by processed_at limit ${PRUNE_BATCH} for update skip locked)`,
    [days],
  );
  const pruned = rowCount ?? 0;
  return { pruned, more: pruned === PRUNE_BATCH };
}
