import { eq } from 'drizzle-orm';
import { build, deadLetterResolutions, statement, type Reader, type RowOf } from '@core/db';
import { RESOLUTION_SKEW_SECONDS } from './resolve-dead-letter.ts';

const RESOLUTION = {
  resolution: deadLetterResolutions.resolution,
  actor: deadLetterResolutions.actor,
  at: deadLetterResolutions.resolvedAt,
};

/** How a dead letter was resolved, with the actor and the time. */
export type Resolution = RowOf<typeof RESOLUTION>;

const READ = statement({
  params: { topic: deadLetterResolutions.topic },
  row: {
    partition: deadLetterResolutions.partition,
    offset: deadLetterResolutions.recordOffset,
    ...RESOLUTION,
  },
  text: (p, row) =>
    build.select(row).from(deadLetterResolutions).where(eq(deadLetterResolutions.topic, p.topic)),
});

export type Resolutions = (record: {
  partition: number;
  offset: bigint;
  timestamp: Date;
}) => Resolution | undefined;

/** Returns the resolutions of a topic's dead letters; one older than its record belongs to another record. */
export async function readResolutions(reader: Reader, input: { topic: string }): Promise<Resolutions> {
  const rows = await reader.run(READ, input);
  const byPosition = new Map(
    rows.map(({ partition, offset, ...resolution }) => [`${partition}/${offset}`, resolution]),
  );
  return ({ partition, offset, timestamp }) => {
    const found = byPosition.get(`${partition}/${offset}`);
    if (!found || found.at.getTime() < timestamp.getTime() - RESOLUTION_SKEW_SECONDS * 1_000)
      return undefined;
    return found;
  };
}
