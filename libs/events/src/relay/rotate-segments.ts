import { sql } from 'drizzle-orm';
import { int, OUTBOX_SEGMENTS, outboxShards, runOn, statement, type Pool } from '@core/db';
import type { Logger } from '@core/runtime';
import type { Lease } from './leases.ts';

/** Published rows after which writers move on; about so many dead ones a segment holds when all goes well. */
export const ROTATE_EVERY = 10_000;
/** After a vain attempt, the next one comes this much later. */
const RETRY_AFTER = 1_000;

/** The shard whose holder looks after the segments, for all. */
const KEEPER = 0;

export interface Rotation {
  /** Counts published rows, of any shard. */
  deleted(rows: number): void;
  /** To be called by the loops after each round; does something seldom, and never throws. */
  rotateIfDue(lease: Lease): Promise<void>;
}

export function createRotation(deps: { pool: Pool; log: Logger; onRotated: () => void }): Rotation {
  let deleted = 0;
  return {
    deleted: (rows) => (deleted += rows),
    rotateIfDue: async (lease) => {
      if (lease.shard !== KEEPER || deleted < ROTATE_EVERY) return;
      deleted = ROTATE_EVERY - RETRY_AFTER;
      try {
        if (!(await rotateSegments(deps.pool, lease))) return;
        deleted = 0;
        deps.onRotated();
      } catch (err) {
        deps.log.warn(
          { err },
          'could not rotate the outbox; it goes on in the same segment until the next attempt',
        );
      }
    },
  };
}

/**
 * Throws away the files of drained segments and sends the writers to a clean one. A DELETE leaves its rows
 * dead in the table until no transaction is older than it; one that is held open for minutes would have every
 * read from the start step over all that was published meanwhile. TRUNCATE waits for nobody's snapshot.
 *
 * A segment is emptied only while it is locked against everyone and only if no row is in it, seen after the
 * lock was had: a writer that is still at work in it holds a lock of its own, so NOWAIT fails, and next time
 * will do. A writer that chose the segment and comes too late finds an empty table and appends to it: rows
 * are read from every segment, whichever is current. Any clean segment will do: a long transaction that has
 * itself appended pins one, and the writers alternate between the others.
 *
 * One statement, one transaction (libs/db/functions/rotate_outbox.sql): a relay that is stopped (SIGSTOP) leaves no
 * lock behind, and one that is woken after another took its shard does nothing, because the fence is checked under
 * the lock of the shard's row.
 * @returns whether the writers have moved
 */
export const rotateSegments = async (pool: Pool, { fence }: Pick<Lease, 'fence'>): Promise<boolean> => {
  const [rotated] = await runOn(pool, ROTATE, { keeper: KEEPER, fence, segments: OUTBOX_SEGMENTS });
  return rotated?.moved === true;
};

const ROTATE = statement({
  params: { keeper: outboxShards.shard, fence: outboxShards.fence, segments: int },
  row: { moved: sql<boolean>`moved` },
  text: (p, row) =>
    sql`select ${row} from rotate_outbox(${p.keeper}, ${p.fence}, ${p.segments}) as rotated (moved)`,
});
