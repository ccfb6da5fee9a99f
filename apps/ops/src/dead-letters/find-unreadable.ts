import type { KafkaClient, UnreadableRecords } from '@core/events';

/** Consecutive unreadable records that block one partition of a group. */
export interface UnreadableRange {
  group: string;
  found: UnreadableRecords;
}

/** The offset of a group in a partition with records to read. */
export interface GroupPosition {
  partition: number;
  offset: bigint;
}

export interface FoundUnreadable {
  unreadable: UnreadableRange[];
  /** One position for each partition with records to read. */
  positions: GroupPosition[];
}

/** Reads the next record of each partition in which the group lags, and finds the unreadable ones. */
export async function findUnreadable(
  kafka: Pick<KafkaClient, 'groupOffsets' | 'read'>,
  { group, topic, signal }: { group: string; topic: string; signal: AbortSignal },
): Promise<FoundUnreadable> {
  const positions = (await kafka.groupOffsets(group, topic)).map(
    ({ committed, first, end, lag }, partition) => ({
      partition,
      // Records before the oldest one kept are deleted.
      offset: lag === 0n ? end : committed === undefined || committed < first ? first : committed,
      lags: lag > 0n,
    }),
  );
  const unreadable: UnreadableRange[] = [];
  const next = kafka.read(topic, {
    from: new Map(positions.map(({ partition, offset }) => [partition, offset])),
    to: new Map(positions.map(({ partition, offset }) => [partition, offset + 1n])),
    onUnreadable: (found) => void unreadable.push({ group, found }),
    signal,
  });
  for await (const readable of next) void readable;
  return {
    unreadable: unreadable.sort((a, b) => a.found.partition - b.found.partition),
    positions: positions.filter(({ lags }) => lags),
  };
}
