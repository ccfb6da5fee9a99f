import type { Pool } from '@core/db';
import { RESOLUTION_SKEW_SECONDS } from '@core/domain';
import type { Resolved } from './dead-letter.ts';

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
    if (!row || row.resolved_at.getTime() < timestamp.getTime() - RESOLUTION_SKEW_SECONDS * 1_000)
      return undefined;
    return { resolution: row.resolution, actor: row.actor, at: row.resolved_at };
  };
}
