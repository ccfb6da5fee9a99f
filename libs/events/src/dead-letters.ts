import { createHash } from 'node:crypto';
import { deadLetterTopic, type KeptFields } from '@core/contracts';
import type { Fault } from './consumer/classify.ts';
import type { ConsumedRecord, EventProducer, EventRecord, UnreadableRecords } from './kafka-client.ts';
import { SIGNATURE_HEADER } from './signature.ts';
import { HEADERS_LEFT_OUT, keptHeaders } from './kept-headers.ts';
import { keyWithoutPersonalData, withoutPersonalData } from './personal-data.ts';

/**
 * - malformed: no body, not UTF-8, not JSON, or not an object
 * - invalid: a field's value is not allowed
 * - id_reused: its id was used before for an event with other content
 * - unknown_customer: still not known after RFM_UNKNOWN_WAIT
 * - unsupported_kind: understood, but not supported
 * - signature_missing, signature_invalid: unsigned, or the key, the topic, the id or the time does not match
 * - transient_exhausted: a transient failure has lasted for an hour, while the database works
 * - unreadable: damaged, of an unknown codec, or too large when decompressed; an operator has stepped over it
 * - unforeseen: anything else, after a few attempts
 */
export type DeadLetterReason =
  | 'malformed'
  | 'invalid'
  | 'id_reused'
  | 'unknown_customer'
  | 'unsupported_kind'
  | (typeof SIGNATURE_REASONS)[number]
  | 'transient_exhausted'
  | 'unreadable'
  | 'unforeseen';

/** Reasons of records that a redrive may not apply. */
export const SIGNATURE_REASONS = ['signature_missing', 'signature_invalid'] as const;

export interface DeadLetter {
  record: Omit<ConsumedRecord, 'timestamp'>;
  /** The fields of its body that may be kept, see TopicHandler. */
  keeps: KeptFields;
  reason: DeadLetterReason;
  /** Absent or empty: the reason is sufficient. */
  fault?: Fault;
  /** How often the record was tried. */
  attempts: number;
}

/**
 * Sends records that cannot be handled to `<topic>.dlq`, with their own key, headers and body without
 * personal data, the reason, and their position in the source topic. Resolves once Kafka has acknowledged
 * them.
 */
export async function sendDeadLetters(
  producer: EventProducer,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (const records of inPortions(letters.map(toRecord))) await producer.send(records);
}

/** Records sent together to one partition form one batch, and a topic accepts none above 1 MB. */
const MAX_BYTES = 900_000;

function inPortions(records: readonly EventRecord[]): EventRecord[][] {
  const portions: EventRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (size > room || portions.length === 0) {
      portions.push([]);
      room = MAX_BYTES;
    }
    portions.at(-1)?.push(record);
    room -= size;
  }
  return portions;
}

const sizeOf = ({ key, headers, value }: EventRecord): number =>
  [key, value, ...Object.entries(headers).flat()].reduce(
    (sum, part) => sum + Buffer.byteLength(part ?? ''),
    100,
  );

/**
 * Sends a dead letter with the position of records that cannot be read. Their bytes stay in their own topic
 * until its retention ends: it is unknown which of them name a person.
 */
export const sendUnreadableLetter = (
  producer: EventProducer,
  { topic, partition, first, last, why, raw }: UnreadableRecords,
): Promise<void> =>
  producer.send([
    {
      topic: deadLetterTopic(topic),
      key: null,
      headers: {
        dlq_reason: 'unreadable' satisfies DeadLetterReason,
        dlq_source_topic: topic,
        dlq_partition: String(partition),
        dlq_offset: String(first),
        dlq_last_offset: String(last),
        dlq_attempts: '1',
        dlq_why: why,
        dlq_body_bytes: String(raw?.length ?? 0),
        ...(raw ? { dlq_body_sha256: createHash('sha256').update(raw).digest('hex') } : {}),
      },
      value: null,
    },
  ]);

const OUR_HEADERS = 'dlq_';
const LONGEST_RULE = 500;

function toRecord({ record, keeps, reason, fault, attempts }: DeadLetter): EventRecord {
  const body = withoutPersonalData(record.value, keeps);
  const own = Object.entries(record.headers).filter(
    ([name]) => !name.startsWith(OUR_HEADERS) || name === HEADERS_LEFT_OUT,
  );
  const { [SIGNATURE_HEADER]: signature, ...unsigned } = Object.fromEntries(own);
  // The signature is valid only for the original body.
  const fits = signature !== undefined && body === record.value;
  return {
    topic: deadLetterTopic(record.topic),
    key: keyWithoutPersonalData(record.key),
    headers: {
      ...keptHeaders(fits ? { ...unsigned, [SIGNATURE_HEADER]: signature } : unsigned),
      dlq_reason: reason,
      ...(fault?.field ? { dlq_field: fault.field } : {}),
      ...(fault?.rule ? { dlq_rule: fault.rule.slice(0, LONGEST_RULE) } : {}),
      dlq_source_topic: record.topic,
      dlq_partition: String(record.partition),
      dlq_offset: String(record.offset),
      dlq_attempts: String(attempts),
      ...(signature !== undefined && !fits ? { dlq_signature: 'removed' } : {}),
      // The length of a body that is left out.
      ...(record.value && !body ? { dlq_body_bytes: String(record.value.length) } : {}),
    },
    value: body,
  };
}
