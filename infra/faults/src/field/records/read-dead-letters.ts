import { randomBytes } from 'node:crypto';
import { deadLetterTopic, TRACEPARENT } from '@core/contracts';
import type { KafkaClient } from '@core/events';

/**
 * The header that identifies the dead letter of an input: a dead letter keeps it, and no outcome depends on
 * it.
 */
export const CORRELATION_HEADER = TRACEPARENT;

export const newCorrelationId = (): string =>
  `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;

export interface DeadLetter {
  reason: string;
  field: string;
  rule: string;
  /** The position of its record: topic/partition/offset. */
  position: string;
  /** Its own position, among the dead letters. */
  partition: number;
  offset: bigint;
}

/** Reads the dead letters of a topic by the correlation id of their input. */
export async function readDeadLetters(
  kafka: Pick<KafkaClient, 'read'>,
  topic: string,
): Promise<Map<string, DeadLetter>> {
  const deadLetters = new Map<string, DeadLetter>();
  for await (const { headers, partition, offset } of kafka.read(deadLetterTopic(topic))) {
    deadLetters.set(headers[CORRELATION_HEADER] ?? '', {
      reason: headers['dlq_reason'] ?? '',
      field: headers['dlq_field'] ?? '',
      rule: headers['dlq_rule'] ?? '',
      position: `${topic}/${headers['dlq_partition']}/${headers['dlq_offset']}`,
      partition,
      offset,
    });
  }
  return deadLetters;
}
