import { sql } from 'drizzle-orm';
import { int, OUTBOX_PARTITIONS, outboxShards, runOn, statement, type Pool } from '@core/db';
import type { Logger } from '@core/runtime';
import type { Lease } from './leases.ts';

/**
 * The number of published rows after which writers switch; normally a partition has about as many dead rows.
 */
export const SWITCH_EVERY = 10_000;
/** After a failed attempt, the next one follows this many published rows later. */
const RETRY_AFTER = 1_000;

/** The relay that holds this shard manages the partitions for all shards. */
const KEEPER = 0;

export interface PartitionSwitch {
  /** Counts published rows, of any shard. */
  deleted(rows: number): void;
  /** Called by the loops after each round. It rarely does anything, and never throws. */
  switchIfDue(lease: Lease): Promise<void>;
}

export function createPartitionSwitch(deps: {
  pool: Pool;
  log: Logger;
  onSwitched: () => void;
}): PartitionSwitch {
  let deleted = 0;
  return {
    deleted: (rows) => (deleted += rows),
    switchIfDue: async (lease) => {
      if (lease.shard !== KEEPER || deleted < SWITCH_EVERY) return;
      deleted = SWITCH_EVERY - RETRY_AFTER;
      try {
        if (!(await switchPartition(deps.pool, lease))) return;
        deleted = 0;
        deps.onSwitched();
      } catch (err) {
        deps.log.warn(
          { err },
          'could not switch the partition of the outbox; writers stay in the same one until the next attempt',
        );
      }
    },
  };
}

/**
 * Truncates drained partitions and switches the writers to a clean one. A DELETE leaves dead rows in the
 * table until no transaction is older than it. With a transaction that is held open for minutes, every read
 * from the start would step over all rows published since. TRUNCATE does not wait for other snapshots.
 *
 * A partition is truncated only under an exclusive lock, and only if it has no rows once the lock is
 * acquired. A writer that still uses the partition holds a lock itself: NOWAIT fails, and the next attempt
 * will do. A writer that chose the partition and comes too late appends to the empty table: rows are read
 * from every partition, whichever is current. Any clean partition will do: a long transaction that has itself
 * appended blocks one, and the writers alternate between the others.
 *
 * It is one statement in one transaction (libs/db/functions/switch_outbox_partition.sql). A relay that is
 * stopped (SIGSTOP) leaves no lock behind. A relay that resumes after another one has leased its shard does
 * nothing, because the fence is checked under the lock of the shard's row.
 * @returns whether the writers have switched
 */
export const switchPartition = async (pool: Pool, { fence }: Pick<Lease, 'fence'>): Promise<boolean> => {
  const [switched] = await runOn(pool, SWITCH, { keeper: KEEPER, fence, partitions: OUTBOX_PARTITIONS });
  return switched?.moved === true;
};

const SWITCH = statement({
  params: { keeper: outboxShards.shard, fence: outboxShards.fence, partitions: int },
  row: { moved: sql<boolean>`moved` },
  text: (p, row) =>
    sql`select ${row} from switch_outbox_partition(${p.keeper}, ${p.fence}, ${p.partitions}) as switched (moved)`,
});
