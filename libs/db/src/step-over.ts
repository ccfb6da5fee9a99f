import { and, eq, sql } from 'drizzle-orm';
import type { Pool } from './pool.ts';
import { runOn } from './reader.ts';
import { deadLetterResolutions } from './schema/index.ts';
import { assign, bare, build, insertValues, statement } from './statement/index.ts';
import type { Tx } from './transaction.ts';

/** A position in a topic whose records cannot be read. */
export interface UnreadablePosition {
  topic: string;
  partition: number;
  offset: bigint;
}

/**
 * How long a decision is valid. A topic that was deleted and recreated counts from offset 0 again: an old
 * decision does not apply to its records.
 */
const DECISION_HOURS = 24;

const { topic, partition, recordOffset } = deadLetterResolutions;
const POSITION = { topic, partition, offset: recordOffset };

const DECIDE = statement({
  params: { ...POSITION, actor: deadLetterResolutions.actor },
  text: ({ topic, partition, offset, actor }) => {
    const decision = { resolution: sql`'stepped_over'`, actor };
    return sql`
      ${insertValues(deadLetterResolutions, { topic, partition, recordOffset: offset, ...decision })}
      on conflict (${bare(POSITION.topic, POSITION.partition, POSITION.offset)})
      do update set ${assign(deadLetterResolutions, { ...decision, resolvedAt: sql`now()` })}`;
  },
});

/**
 * Records in the caller's transaction that the worker steps over a position. The worker checks every few
 * seconds.
 */
export async function decideStepOver(tx: Tx, position: UnreadablePosition, actor: string): Promise<void> {
  await tx.run(DECIDE, { ...position, actor });
}

const DECISION = statement({
  params: POSITION,
  row: { actor: deadLetterResolutions.actor },
  text: (p, row) =>
    build
      .select(row)
      .from(deadLetterResolutions)
      .where(
        and(
          eq(POSITION.topic, p.topic),
          eq(POSITION.partition, p.partition),
          eq(POSITION.offset, p.offset),
          eq(deadLetterResolutions.resolution, 'stepped_over'),
          sql`${deadLetterResolutions.resolvedAt} > now() - make_interval(hours => ${DECISION_HOURS})`,
        ),
      ),
});

/** Returns the decision for a position; undefined while no operator has decided. */
export const stepOverDecision = async (
  pool: Pool,
  position: UnreadablePosition,
): Promise<{ actor: string } | undefined> => (await runOn(pool, DECISION, position))[0];
