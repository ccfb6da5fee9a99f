import type { Pool, Tx } from '@core/db';
import type { DeadLetterView, Resolved } from './dead-letter.ts';

/**
 * A resolution that is older than the record at its place belongs to another one: a topic that was deleted and made
 * anew counts from 0 again. The clocks of Kafka's clients and of PostgreSQL may be apart by so much.
 */
const SKEW_SECONDS = 300;

export type Resolutions = (place: {
  partition: number;
  offset: bigint;
  timestamp: Date;
}) => Resolved | undefined;

/** What was done about the dead letters of a topic. */
export async function readResolutions(pool: Pool, topic: string): Promise<Resolutions> {
  const { rows } = await pool.query<{
    partition: number;
    record_offset: string;
    resolution: Resolved['resolution'];
    actor: string;
    resolved_at: Date;
  }>(
    `select partition, record_offset, resolution, actor, resolved_at
       from dead_letter_resolutions where topic = $1`,
    [topic],
  );
  const byPlace = new Map(rows.map((row) => [`${row.partition}/${row.record_offset}`, row]));
  return ({ partition, offset, timestamp }) => {
    const row = byPlace.get(`${partition}/${offset}`);
    if (!row || row.resolved_at.getTime() < timestamp.getTime() - SKEW_SECONDS * 1_000) return undefined;
    return { resolution: row.resolution, actor: row.actor, at: row.resolved_at };
  };
}

/**
 * Notes in the caller's transaction what is done about a dead letter. A second one who wants to do the same at this
 * moment waits for the first one's commit.
 * @returns false when it was resolved before; the caller then leaves it alone
 */
export async function resolveDeadLetter(
  tx: Tx,
  { topic, partition, offset, at }: DeadLetterView,
  resolution: Resolved['resolution'],
  actor: string,
): Promise<boolean> {
  const written = await tx.query(
    `insert into dead_letter_resolutions as known (topic, partition, record_offset, resolution, actor)
     values ($1, $2, $3, $4, $5)
     on conflict (topic, partition, record_offset) do update
        set resolution = excluded.resolution, actor = excluded.actor, resolved_at = excluded.resolved_at
      where known.resolved_at < $6::timestamptz - make_interval(secs => ${SKEW_SECONDS})
     returning topic`,
    [topic, partition, String(offset), resolution, actor, at],
  );
  return written.length > 0;
}
