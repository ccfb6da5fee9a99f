import { isNull, or, sql, type SQL } from 'drizzle-orm';
import {
  build,
  float8,
  many,
  nullable,
  OUTBOX_SHARDS,
  outboxEvents,
  outboxShards,
  runOn,
  statement,
  type Pool,
} from '@core/db';

// Relay, outbox shard and outbox partition: docs/glossary.md#events.
/** One shard of the outbox, held by us while its fence is unchanged. */
export interface Lease {
  readonly shard: number;
  /** The fencing token. It increases with every change of owner. */
  readonly fence: number;
}

export interface HeldLeases {
  /** The leases that we hold now. A lease that is missing, or has another fence, was lost. */
  leases: Lease[];
  /** Whether any of these shards has an event to publish. */
  waiting: boolean;
}

const { shard, owner, fence, leaseUntil } = outboxShards;

/** Our fence of each shard, null where we have none. */
const FENCES = many(nullable(fence));
const isOurs = (fences: SQL): SQL => sql`${fence} = (${fences})[${shard} + 1]`;

const HOLD = statement({
  name: 'hold_outbox_shards',
  crosses: 'relay',
  params: { owner, fences: FENCES, leaseMs: float8 },
  row: {
    shard,
    fence,
    waiting: sql<boolean>`exists (select from ${outboxEvents} where ${outboxEvents.shard} = ${shard})`,
  },
  text: (p, row) =>
    build
      .update(outboxShards)
      .set({
        owner: p.owner,
        fence: sql`case when ${isOurs(p.fences)} then ${fence} else ${fence} + 1 end`,
        leaseUntil: sql`now() + make_interval(secs => ${p.leaseMs} / 1000.0)`,
      })
      .where(or(isOurs(p.fences), isNull(leaseUntil), sql`${leaseUntil} < now()`))
      .returning(row),
});

/**
 * Renews our leases, acquires every shard that has no owner or an expired lease, and checks these shards for
 * events.
 *
 * It is one UPDATE by PostgreSQL's clock, so relays need no common time. When two relays want the same row,
 * the second waits for the first and then sees that it is leased. One statement does everything, because it
 * is sent every second for as long as a worker lives, and it is the only statement that an idle one sends.
 * Rejected:
 *
 * - advisory locks: a stopped process (SIGSTOP, a lost network) keeps them while its connection seems alive,
 *   and they have no fence
 * - election through Kafka's group: PostgreSQL, where the rows are deleted, does not know the result
 * - a separate SELECT and UPDATE: another relay may lease the shard in between
 * - SKIP LOCKED: our own DELETE, which locks the row for a moment, would look like a loss
 */
export async function holdShards(
  pool: Pool,
  owner: string,
  held: readonly Lease[],
  leaseMs: number,
): Promise<HeldLeases> {
  const rows = await runOn(pool, HOLD, { owner, fences: fencesByShard(held), leaseMs });
  return {
    leases: rows.map(({ shard, fence }) => ({ shard, fence })),
    waiting: rows.some(({ waiting }) => waiting),
  };
}

const RELEASE = statement({
  params: { fences: FENCES },
  text: (p) => build.update(outboxShards).set({ owner: null, leaseUntil: null }).where(isOurs(p.fences)),
});

/** Releases our leases, so that a successor need not wait until they expire. */
export async function releaseLeases(pool: Pool, held: readonly Lease[]): Promise<void> {
  await runOn(pool, RELEASE, { fences: fencesByShard(held) });
}

const fencesByShard = (held: readonly Lease[]): (number | null)[] =>
  Array.from(
    { length: OUTBOX_SHARDS },
    (_, shard) => held.find((lease) => lease.shard === shard)?.fence ?? null,
  );
