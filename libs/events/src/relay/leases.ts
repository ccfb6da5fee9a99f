import { OUTBOX_SHARDS, type Pool } from '@core/db';

/** One shard of the outbox, ours while its fence stands. */
export interface Lease {
  readonly shard: number;
  /** Rises with every change of owner. */
  readonly fence: number;
}

export interface Holding {
  /** What is ours now; a lease that is missing, or has another fence, was lost. */
  leases: Lease[];
  /** Whether any of these shards has an event to publish. */
  waiting: boolean;
}

/**
 * Prolongs our leases, takes every shard that nobody holds or whose lease has run out, and looks into them.
 *
 * One UPDATE by PostgreSQL's clock, so relays need no common time; of two that want the same row the second
 * waits for the first and then sees that it is taken. One for everything, because it is sent every second for
 * as long as a worker lives, and is all that an idle one sends. Rejected: advisory locks, which a stopped process (SIGSTOP, a lost network) keeps as
 * long as its connection seems alive and which carry no fence; electing through Kafka's group, which says
 * nothing to PostgreSQL, where the rows are deleted; SELECT and UPDATE apart, between which another may take
 * the shard; SKIP LOCKED, by which our own DELETE, holding the row for a moment, would look like a loss.
 */
export async function holdShards(
  pool: Pool,
  owner: string,
  held: readonly Lease[],
  leaseMs: number,
): Promise<Holding> {
  const { rows } = await pool.query<{ shard: number; fence: string; waiting: boolean }>({
    name: 'hold_outbox_shards',
    text: `
      update outbox_shards
         set owner = $1,
             fence = case when fence = ($2::bigint[])[shard + 1] then fence else fence + 1 end,
             lease_until = now() + make_interval(secs => $3 / 1000.0)
       where fence = ($2::bigint[])[shard + 1] or lease_until is null or lease_until < now()
      returning shard, fence, exists (select from outbox_events e where e.shard = outbox_shards.shard) as waiting`,
    values: [owner, fencesByShard(held), leaseMs],
  });
  return {
    leases: rows.map(({ shard, fence }) => ({ shard, fence: Number(fence) })),
    waiting: rows.some(({ waiting }) => waiting),
  };
}

/** Gives our leases back, so that a successor need not wait for them to run out. */
export async function releaseLeases(pool: Pool, held: readonly Lease[]): Promise<void> {
  await pool.query(
    `update outbox_shards set owner = null, lease_until = null where fence = ($1::bigint[])[shard + 1]`,
    [fencesByShard(held)],
  );
}

/** Our fence of each shard, null where we have none. */
const fencesByShard = (held: readonly Lease[]): (number | null)[] =>
  Array.from(
    { length: OUTBOX_SHARDS },
    (_, shard) => held.find((lease) => lease.shard === shard)?.fence ?? null,
  );
