import type { Pool } from '@core/db';

/** One shard of the outbox, ours while its fence stands. */
export interface Lease {
  readonly shard: number;
  /** Rises with every change of owner. */
  readonly fence: number;
}

/**
 * Takes every shard that nobody holds or whose lease has run out.
 *
 * One UPDATE by PostgreSQL's clock, so relays need no common time. SKIP LOCKED, because of two relays that
 * start together the second must not wait for the first, only to find nothing left. Rejected: advisory
 * locks, which a stopped process (SIGSTOP, a lost network) keeps as long as its connection seems alive
 * and which carry no fence; electing through Kafka's group, which says nothing to PostgreSQL, where the
 * rows are deleted; SELECT and UPDATE apart, between which another may take the shard.
 */
export async function claimShards(pool: Pool, owner: string, leaseMs: number): Promise<Lease[]> {
  const { rows } = await pool.query<{ shard: number; fence: string }>(
    `update outbox_shards
        set owner = $1, fence = fence + 1, lease_until = now() + make_interval(secs => $2 / 1000.0)
      where shard in (select shard from outbox_shards
                       where lease_until is null or lease_until < now()
                         for update skip locked)
      returning shard, fence`,
    [owner, leaseMs],
  );
  return rows.map(toLease);
}

/** Prolongs our leases. @returns those that are still ours */
export async function renewLeases(pool: Pool, leases: readonly Lease[], leaseMs: number): Promise<Lease[]> {
  if (leases.length === 0) return [];
  const { rows } = await pool.query<{ shard: number; fence: string }>(
    `update outbox_shards s
        set lease_until = now() + make_interval(secs => $3 / 1000.0)
       from unnest($1::smallint[], $2::bigint[]) as held (shard, fence)
      where s.shard = held.shard and s.fence = held.fence
      returning s.shard, s.fence`,
    [leases.map(({ shard }) => shard), leases.map(({ fence }) => fence), leaseMs],
  );
  return rows.map(toLease);
}

/** Gives our leases back, so that a successor need not wait for them to run out. */
export async function releaseLeases(pool: Pool, leases: readonly Lease[]): Promise<void> {
  await pool.query(
    `update outbox_shards s
        set owner = null, lease_until = null
       from unnest($1::smallint[], $2::bigint[]) as held (shard, fence)
      where s.shard = held.shard and s.fence = held.fence`,
    [leases.map(({ shard }) => shard), leases.map(({ fence }) => fence)],
  );
}

const toLease = ({ shard, fence }: { shard: number; fence: string }): Lease => ({
  shard,
  fence: Number(fence),
});
