import { deadLetterTopic } from '@core/contracts';
import type { ConsumedRecord, EventProducer } from './kafka-client.ts';
import { withoutEmails, withoutPersonalData } from './personal-data.ts';

export interface DeadLetter {
  /** One word, such as malformed, invalid, unknown_customer, unsupported_kind, unforeseen. */
  reason: string;
  /** How often the record was tried. */
  attempts: number;
}

/**
 * Puts a record that cannot be handled on `<topic>.dlq`: its own key, headers and body, freed of personal
 * data, with the reason and where it came from. Resolves once Kafka has it.
 */
export async function sendDeadLetter(
  producer: EventProducer,
  record: ConsumedRecord,
  { reason, attempts }: DeadLetter,
): Promise<void> {
  const body = withoutPersonalData(record.value);
  const headers = Object.entries(record.headers).map(([name, value]) => [name, withoutEmails(value)]);
  await producer.send([
    {
      topic: deadLetterTopic(record.topic),
      key: cleanKey(record.key),
      headers: {
        ...(Object.fromEntries(headers) as Record<string, string>),
        dlq_reason: reason,
        dlq_source_topic: record.topic,
        dlq_partition: String(record.partition),
        dlq_offset: String(record.offset),
        dlq_attempts: String(attempts),
        // The body is left out: how long it was.
        ...(record.value && !body ? { dlq_body_bytes: String(record.value.length) } : {}),
      },
      value: body,
    },
  ]);
}

/** The key's own bytes, unless it is an email: keys are customer ids, but nothing makes a producer obey. */
function cleanKey(key: Buffer | null): Buffer | string | null {
  const text = key?.toString() ?? '';
  const clean = withoutEmails(text);
  return clean === text ? key : clean;
}
