import type { Pool } from './pool.ts';
import type { Tx } from './transaction.ts';

/** A place in a topic whose records cannot be read. */
export interface UnreadablePlace {
  topic: string;
  partition: number;
  offset: bigint;
}

/** A topic that was deleted and made anew counts from 0 again: an old decision is not about its records. */
const DECISION_HOURS = 24;

/** Decides in the caller's transaction that the worker steps over a place; it looks every few seconds. */
export async function decideStepOver(
  tx: Tx,
  { topic, partition, offset }: UnreadablePlace,
  actor: string,
): Promise<void> {
  await tx.query(
    `insert into dead_letter_resolutions (topic, partition, record_offset, resolution, actor)
     values ($1, $2, $3, 'stepped_over', $4)
     on conflict (topic, partition, record_offset) do update
        set resolution = excluded.resolution, actor = excluded.actor, resolved_at = excluded.resolved_at`,
    [topic, partition, String(offset), actor],
  );
}

/** @returns undefined while nobody has decided */
export async function stepOverDecision(
  pool: Pool,
  { topic, partition, offset }: UnreadablePlace,
): Promise<{ actor: string } | undefined> {
  const { rows } = await pool.query<{ actor: string }>(
    `select actor from dead_letter_resolutions
      where topic = $1 and partition = $2 and record_offset = $3 and resolution = 'stepped_over'
        and resolved_at > now() - make_interval(hours => ${DECISION_HOURS})`,
    [topic, partition, String(offset)],
  );
  return rows[0];
}
