import { allTopics } from '@core/contracts';
import { poolReader, type Pool } from '@core/db';
import { readResolutions, type Resolutions } from '@core/domain';
import type { ConsumedRecord, KafkaClient } from '@core/events';
import { OpsError } from '../cli/errors.ts';
import { assertPartition, assertTopicExists } from '../connect/with-kafka.ts';
import { toView, type DeadLetterView } from './dead-letter.ts';
import type { Selection } from './options.ts';

export interface FoundDeadLetters {
  /** Oldest first, at most the limit. */
  letters: DeadLetterView[];
  /** The number of matches without the limit. */
  total: number;
  /** The number of dead letters that --reason and --since exclude, by reason. */
  leftOut: ReadonlyMap<string, number>;
  selection: Pick<Selection, 'reason' | 'since'>;
}

export interface DeadLetterSource {
  kafka: Pick<KafkaClient, 'read' | 'endOffsets'>;
  /** The existing topics. */
  topics: readonly string[];
  pool: Pool;
}

/**
 * Reads the dead-letter topics from start to end, because Kafka has no index; a single dead letter is read at
 * its position.
 * @throws OpsError when the topic or the partition does not exist, or the offset holds no record
 */
export async function findDeadLetters(
  { kafka, topics, pool }: DeadLetterSource,
  selection: Selection,
  signal: AbortSignal,
): Promise<FoundDeadLetters> {
  if (selection.topic !== undefined) assertTopicExists(topics, selection.topic);
  const chosen =
    selection.topic === undefined
      ? allTopics().filter((name) => name.endsWith('.dlq') && topics.includes(name))
      : [selection.topic];
  const found: DeadLetterView[] = [];
  const leftOut = new Map<string, number>();
  let total = 0;
  let isAtOffset = false;
  for (const topic of chosen) {
    const resolvedAt = await readResolutions(poolReader(pool), { topic });
    const from = await beginAt(kafka, topic, selection);
    for await (const record of kafka.read(topic, { ...(from && { from }), signal })) {
      if (isMeant(record, selection, resolvedAt)) {
        const reason = record.headers['dlq_reason'] ?? '';
        if (isChosen(reason, record, selection)) {
          total += 1;
          found.push(toView(record, resolvedAt(record)));
          // Bounds the memory for a full topic: letters beyond the limit are dropped at twice the limit.
          if (found.length >= 2 * selection.limit) keepOldest(found, selection.limit);
        } else leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
      }
      if (record.partition === selection.partition && record.offset === selection.offset) {
        isAtOffset = true;
        break;
      }
    }
  }
  const { topic, partition, offset } = selection;
  if (offset !== undefined && !isAtOffset)
    throw new OpsError(`there is no record at ${topic}/${partition}/${offset}`);
  keepOldest(found, selection.limit);
  return { letters: found, total, leftOut, selection };
}

function isMeant(record: ConsumedRecord, selection: Selection, resolvedAt: Resolutions): boolean {
  const { partition, offset, resolvedToo } = selection;
  return (
    (partition === undefined || record.partition === partition) &&
    (offset === undefined || record.offset === offset) &&
    (resolvedToo || !resolvedAt(record))
  );
}

const isChosen = (own: string, { timestamp }: ConsumedRecord, { reason, since }: Selection): boolean =>
  (reason === undefined || own === reason) && (since === undefined || timestamp >= since);

/** Returns the start offsets. If a partition is selected, the others start at their end and are skipped. */
async function beginAt(
  kafka: DeadLetterSource['kafka'],
  topic: string,
  { partition, offset }: Selection,
): Promise<Map<number, bigint> | undefined> {
  if (partition === undefined) return undefined;
  const ends = await kafka.endOffsets(topic);
  assertPartition(topic, partition, ends);
  return new Map(ends.map((end, n) => [n, n === partition ? (offset ?? 0n) : end]));
}

function keepOldest(letters: DeadLetterView[], limit: number): void {
  letters.sort((a, b) => a.at.getTime() - b.at.getTime() || Number(a.offset - b.offset));
  letters.splice(limit);
}
