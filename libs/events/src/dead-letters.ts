import { createHash } from 'node:crypto';
import { deadLetterTopic, type KeptFields } from '@core/contracts';
import type { Fault } from './consumer/classify.ts';
import type { ConsumedRecord, EventProducer, EventRecord, UnreadableRecords } from './kafka-client.ts';
import { SIGNATURE_HEADER } from './signature.ts';
import { HEADERS_LEFT_OUT, keptHeaders } from './kept-headers.ts';
import { keyWithoutPersonalData, withoutPersonalData } from './personal-data.ts';

/**
 * - malformed: no body, not UTF-8, not JSON, or no object
 * - invalid: a field's value is not allowed
 * - id_reused: its id was used before for an event with other content
 * - unknown_customer: still not known after RFM_UNKNOWN_WAIT
 * - unsupported_kind: understood, and not served
 * - signature_missing, signature_invalid: unsigned, or the key, the topic, the id or the time does not match
 * - transient_exhausted: a failure that should have passed has not, for an hour, while the database works
 * - unreadable: damaged, of an unknown codec, or too large decompressed; an operator has stepped over it
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

/** Reasons whose records may not be applied by a redrive. */
export const SIGNATURE_REASONS = ['signature_missing', 'signature_invalid'] as const;

export interface DeadLetter {
  record: Omit<ConsumedRecord, 'timestamp'>;
  /** The fields of its body that may be kept, see TopicHandler. */
  keeps: KeptFields;
  reason: DeadLetterReason;
  /** Absent or empty: the reason says all. */
  fault?: Fault;
  /** How often the record was tried. */
  attempts: number;
}

/**
 * Puts records that cannot be handled on `<topic>.dlq`: their own key, headers and body, freed of personal
 * data, with the reason and where they came from. Resolves once Kafka has them.
 */
export async function sendDeadLetters(
  producer: EventProducer,
  letters: readonly DeadLetter[],
): Promise<void> {
  for (const records of inPortions(letters.map(toRecord))) await producer.send(records);
}

/** Records sent at once to one partition are one batch, and a topic takes none above 1 MB. */
const MOST_BYTES = 900_000;

function inPortions(records: readonly EventRecord[]): EventRecord[][] {
  const portions: EventRecord[][] = [];
  let room = 0;
  for (const record of records) {
    const size = sizeOf(record);
    if (size > room || portions.length === 0) {
      portions.push([]);
      room = MOST_BYTES;
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
 * Puts in the place of records that cannot be read where they are. Their bytes stay in their own topic until its
 * retention ends: nobody can tell what of them names a person.
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
  // The signature belongs to the original body only.
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
      // The body is left out: how long it was.
      ...(record.value && !body ? { dlq_body_bytes: String(record.value.length) } : {}),
    },
    value: body,
  };
}
