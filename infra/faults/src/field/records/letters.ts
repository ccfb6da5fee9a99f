import { deadLetterTopic } from '@core/contracts';
import type { KafkaClient } from '@core/events';

/** A header by which the dead letter of an input is known. */
export const MARK = 'field_mark';

export interface Letter {
  reason: string;
  field: string;
  rule: string;
  /** The place of its record: topic/partition/offset. */
  place: string;
  /** Its own place, among the dead letters. */
  partition: number;
  offset: bigint;
}

/** The dead letters of a topic by the mark of their input. */
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
      place: `${topic}/${headers['dlq_partition']}/${headers['dlq_offset']}`,
      partition,
      offset,
    });
  }
  return letters;
}
