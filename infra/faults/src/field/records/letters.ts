import { randomBytes } from 'node:crypto';
import { deadLetterTopic, TRACEPARENT } from '@core/contracts';
import type { KafkaClient } from '@core/events';

/**
 * The header that identifies the dead letter of an input: a dead letter keeps it, and no outcome depends on
 * it.
 */
export const MARK = TRACEPARENT;

export const newMark = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

export interface Letter {
  reason: string;
  field: string;
  rule: string;
  /** The position of its record: topic/partition/offset. */
  position: string;
  /** Its own position, among the dead letters. */
  partition: number;
  offset: bigint;
}

/** Reads the dead letters of a topic by the mark of their input. */
export async function readLetters(
  kafka: Pick<KafkaClient, 'read'>,
  topic: string,
): Promise<Map<string, Letter>> {
  const letters = new Map<string, Letter>();
  for await (const { headers, partition, offset } of kafka.read(deadLetterTopic(topic))) {
    letters.set(headers[MARK] ?? '', {
      reason: headers['dlq_reason'] ?? '',
      field: headers['dlq_field'] ?? '',
      rule: headers['dlq_rule'] ?? '',
      position: `${topic}/${headers['dlq_partition']}/${headers['dlq_offset']}`,
      partition,
      offset,
    });
  }
  return letters;
}
