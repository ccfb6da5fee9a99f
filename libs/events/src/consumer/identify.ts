import { createHash } from 'node:crypto';
import { CE_ID, CE_SOURCE, eventText } from '@core/contracts';
import type { Delivery, TopicHandler } from './topic-handler.ts';

/**
 * Which event a record is. CloudEvents' id, else the body's, else the place in Kafka, which is unique too but not over
 * a re-send. An id is unique within a topic, a source (`ce_source`; without one, all such producers of the topic are
 * one source) and a merchant: the producers of two merchants know nothing of each other's ids.
 * @throws CoreError invalid_argument naming the header or field
 */
export function identify<C>(
  handler: Pick<TopicHandler<C>, 'customerOf'>,
  { headers, topic, partition, offset }: Delivery['record'],
  event: Delivery['event'],
): Pick<Delivery, 'eventId' | 'claim'> {
  const id = eventText(CE_ID, headers[CE_ID] ?? '') || eventText('event_id', event.eventId ?? '');
  const source = eventText(CE_SOURCE, headers[CE_SOURCE] ?? '');
  const eventId = id || `${topic}/${partition}/${offset}`;
  const merchantId = handler.customerOf?.(event).merchantId ?? '';
  // As JSON no two lists make one text. The merchant comes last: ids that rise then lie side by side in the index.
  const key = JSON.stringify([topic, source, eventId, merchantId]);
  return { eventId, claim: { key, digest: digestOf(event), bareId: eventId } };
}

/**
 * SHA-256 of the event as it is used: other spellings, fields that are not read and the id itself make no difference. Of
 * a body that names a person nobody may keep one, since guesses could be tested by it: a topic of such bodies is left to
 * its handler, see `knowsRepetitions`. Fields that are absent count for nothing, so that a build which knows one more
 * makes the same digest of a record without it.
 */
function digestOf({ eventId: _, ...used }: Delivery['event']): Buffer {
  return createHash('sha256').update(JSON.stringify(used, inOneForm)).digest();
}

const inOneForm = (_: string, value: unknown): unknown => {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};
