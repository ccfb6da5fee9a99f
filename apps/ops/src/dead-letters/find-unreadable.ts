import type { KafkaClient, UnreadableRecords } from '@core/events';

/** Consecutive unreadable records that block one partition of a group. */
export interface Obstacle {
  group: string;
  found: UnreadableRecords;
}

/** The offset of a group in a partition with records to read. */
export interface Standing {
  partition: number;
  offset: bigint;
}

export interface FoundObstacles {
  obstacles: Obstacle[];
  /** One standing for each partition with records to read. */
  standings: Standing[];
}

/** Reads the next record of each partition in which the group lags, and finds the unreadable ones. */
export async function findObstacles(
  kafka: Pick<KafkaClient, 'groupOffsets' | 'read'>,
  { group, topic, signal }: { group: string; topic: string; signal: AbortSignal },
): Promise<FoundObstacles> {
  const standings = (await kafka.groupOffsets(group, topic)).map(
    ({ committed, first, end, lag }, partition) => ({
      partition,
      // Records before the oldest one kept are deleted.
      offset: lag === 0n ? end : committed === undefined || committed < first ? first : committed,
      lags: lag > 0n,
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
    standings: standings.filter(({ lags }) => lags),
  };
}
