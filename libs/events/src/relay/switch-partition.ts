import { sql } from 'drizzle-orm';
import { int, OUTBOX_PARTITIONS, outboxShards, runOn, statement, type Pool } from '@core/db';
import type { Logger } from '@core/runtime';
import type { Lease } from './leases.ts';

/** Published rows after which writers move on; normally a partition holds about as many dead rows. */
export const SWITCH_EVERY = 10_000;
/** After a vain attempt, the next one comes this much later. */
const RETRY_AFTER = 1_000;

/** The shard whose holder looks after the partitions, for all. */
const KEEPER = 0;

export interface PartitionSwitch {
  /** Counts published rows, of any shard. */
  deleted(rows: number): void;
  /** To be called by the loops after each round; does something seldom, and never throws. */
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
 * Throws away the files of drained partitions and sends the writers to a clean one. A DELETE leaves its rows
 * dead in the table until no transaction is older than it; one that is held open for minutes would have every
 * read from the start step over all that was published meanwhile. TRUNCATE waits for nobody's snapshot.
 *
 * A partition is emptied only while it is locked against everyone and only if no row is in it, seen after the
 * lock was had: a writer that is still at work in it holds a lock of its own, so NOWAIT fails, and next time
 * will do. A writer that chose the partition and comes too late finds an empty table and appends to it: rows
 * are read from every partition, whichever is current. Any clean partition will do: a long transaction that has
 * itself appended pins one, and the writers alternate between the others.
 *
 * One statement, one transaction (libs/db/functions/switch_outbox_partition.sql): a relay that is stopped (SIGSTOP) leaves no
 * lock behind, and one that is woken after another took its shard does nothing, because the fence is checked under
 * the lock of the shard's row.
 * @returns whether the writers have moved
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
