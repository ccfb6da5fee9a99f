import { and, eq, sql } from 'drizzle-orm';
import type { Pool } from './pool.ts';
import { runOn } from './reader.ts';
import { deadLetterResolutions } from './schema/index.ts';
import { assign, bare, build, insertValues, statement } from './statement/index.ts';
import type { Tx } from './transaction.ts';

/** A place in a topic whose records cannot be read. */
export interface UnreadablePlace {
  topic: string;
  partition: number;
  offset: bigint;
}

/** A topic that was deleted and made anew counts from 0 again: an old decision is not about its records. */
const DECISION_HOURS = 24;

const { topic, partition, recordOffset } = deadLetterResolutions;
const PLACE = { topic, partition, offset: recordOffset };

const DECIDE = statement({
  params: { ...PLACE, actor: deadLetterResolutions.actor },
  text: ({ topic, partition, offset, actor }) => {
    const decision = { resolution: sql`'stepped_over'`, actor };
    return sql`
      ${insertValues(deadLetterResolutions, { topic, partition, recordOffset: offset, ...decision })}
      on conflict (${bare(PLACE.topic, PLACE.partition, PLACE.offset)})
      do update set ${assign(deadLetterResolutions, { ...decision, resolvedAt: sql`now()` })}`;
  },
});

/** Decides in the caller's transaction that the worker steps over a place; it looks every few seconds. */
export async function decideStepOver(tx: Tx, place: UnreadablePlace, actor: string): Promise<void> {
  await tx.run(DECIDE, { ...place, actor });
}

const DECISION = statement({
  params: PLACE,
  row: { actor: deadLetterResolutions.actor },
  text: (p, row) =>
    build
      .select(row)
      .from(deadLetterResolutions)
      .where(
        and(
          eq(PLACE.topic, p.topic),
          eq(PLACE.partition, p.partition),
          eq(PLACE.offset, p.offset),
          eq(deadLetterResolutions.resolution, 'stepped_over'),
          sql`${deadLetterResolutions.resolvedAt} > now() - make_interval(hours => ${DECISION_HOURS})`,
        ),
      ),
});

/** @returns undefined while nobody has decided */
export const stepOverDecision = async (
  pool: Pool,
  place: UnreadablePlace,
): Promise<{ actor: string } | undefined> => (await runOn(pool, DECISION, place))[0];
