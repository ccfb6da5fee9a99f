import { createHash } from 'node:crypto';
import { CE_ID, CE_SOURCE, eventText } from '@core/contracts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

/**
 * Reads an id for a handler that does not use the inbox: an unreadable id must not prevent the event from
 * being handled.
 */
const readable = (field: string, value: string): string => {
  try {
    return eventText(field, value);
  } catch {
    return '';
  }
};

/**
 * Identifies the event of a record by CloudEvents' id, else by the id in the body, else by the position in
 * Kafka. The position is unique, but differs when the event is sent again. An id is unique within a topic, a
 * source (`ce_source`) and a merchant: producers of two merchants cannot coordinate their ids. All producers
 * of a topic without `ce_source` are one source.
 * @throws CoreError invalid_argument naming the header or field
 */
export function identifyEvent<C>(
  handler: Pick<TopicHandler<C>, 'customerOf' | 'knowsRepetitions'>,
  { headers, topic, partition, offset }: Delivery['record'],
  event: Delivery['event'],
): Pick<Delivery, 'eventId' | 'claim'> {
  const read = handler.knowsRepetitions ? readable : eventText;
  const id = read(CE_ID, headers[CE_ID] ?? '') || read('event_id', event.eventId ?? '');
  const source = read(CE_SOURCE, headers[CE_SOURCE] ?? '');
  const eventId = id || `${topic}/${partition}/${offset}`;
  const merchantId = handler.customerOf?.(event).merchantId ?? '';
  // As JSON, different lists are different strings. The merchant comes last, so that ascending ids are
  // adjacent in the index.
  const key = JSON.stringify([topic, source, eventId, merchantId]);
  return { eventId, claim: { key, digest: digestOf(event), bareId: eventId } };
}

/**
 * Returns the SHA-256 of the parsed event. The spelling, unread fields and the id itself make no difference.
 * A topic whose bodies name a person must not store a digest, because guesses could be tested against it. The
 * handler of such a topic detects repetitions itself, see `knowsRepetitions`. Absent fields do not count, so
 * that a build that knows one more field computes the same digest for a record without it.
 */
function digestOf({ eventId: _, ...used }: Delivery['event']): Buffer {
  return createHash('sha256').update(JSON.stringify(used, inOneForm)).digest();
}

const inOneForm = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};
