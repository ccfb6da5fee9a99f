import type { KafkaClient, UnreadableRecords } from '@core/events';

/** Where a group is held up. */
export interface Obstacle {
  group: string;
  found: UnreadableRecords;
}

/** Where a group stands in a partition in which it has records to read. */
export interface Standing {
  partition: number;
  offset: bigint;
}

export interface FoundObstacles {
  obstacles: Obstacle[];
  /** One standing for each partition with records to read. */
  standings: Standing[];
}

/** Reads the next record of each partition in which the group lags, and finds those that cannot be read. */
export async function findObstacles(
  kafka: Pick<KafkaClient, 'groupOffsets' | 'read'>,
  { group, topic, signal }: { group: string; topic: string; signal: AbortSignal },
): Promise<FoundObstacles> {
  const standings = (await kafka.groupOffsets(group, topic)).map(
    ({ committed, first, end, lag }, partition) => ({
      partition,
      // Everything before the oldest record kept is gone.
      offset: lag === 0n ? end : committed === undefined || committed < first ? first : committed,
      behind: lag > 0n,
    }),
  );
  const obstacles: Obstacle[] = [];
  const next = kafka.read(topic, {
    from: new Map(standings.map(({ partition, offset }) => [partition, offset])),
    to: new Map(standings.map(({ partition, offset }) => [partition, offset + 1n])),
    onUnreadable: (found) => void obstacles.push({ group, found }),
    signal,
  });
  for await (const readable of next) void readable;
  return {
    obstacles: obstacles.sort((a, b) => a.found.partition - b.found.partition),
    standings: standings.filter(({ behind }) => behind),
  };
}
