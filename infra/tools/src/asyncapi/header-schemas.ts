import type { JsonSchema } from './body-schemas.ts';
import type { EventDoc } from './events.ts';

const text = (description: string, more: JsonSchema = {}): JsonSchema => ({
  type: 'string',
  description,
  ...more,
});

const CLOUD_EVENT: Record<string, JsonSchema> = {
  ce_specversion: text('CloudEvents, binary mode', { const: '1.0' }),
  ce_id: text("The event's id, unique within its source; equal to the body's event_id", { maxLength: 255 }),
  ce_type: text("The topic's name"),
  ce_source: text('The producer of the event; core for events of this service', { maxLength: 255 }),
  ce_time: text('The time of the event', { format: 'date-time' }),
  'content-type': text('The media type of the body', { const: 'application/json' }),
};

const TRACE: Record<string, JsonSchema> = {
  traceparent: text('W3C trace context of the call or event that caused this event, if there is one', {
    pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
  }),
};

const REDRIVEN: Record<string, JsonSchema> = {
  redriven_from: text('Set by `dlq redrive`: the original dead letter, as topic/partition/offset'),
};

const SIGNED: Record<string, JsonSchema> = {
  jws: text(
    'Detached JWS over the body (RFC 7515 appendix F, or RFC 7797 with b64 false); its protected header has alg, kid, ' +
      'topic, id (ce_id), source (ce_source) and iat. Required in production',
    { pattern: '^[A-Za-z0-9_-]+\\.\\.[A-Za-z0-9_-]+$' },
  ),
};

const DEAD: Record<string, JsonSchema> = {
  dlq_reason: text('Why the record could not be handled', {
    enum: [
      'malformed',
      'invalid',
      'id_reused',
      'unknown_customer',
      'unsupported_kind',
      'signature_missing',
      'signature_invalid',
      'transient_exhausted',
      'unreadable',
      'unforeseen',
    ],
  }),
  dlq_source_topic: text('The topic of the original record'),
  dlq_partition: text('The partition of the original record', { pattern: '^\\d+$' }),
  dlq_offset: text('The offset of the original record', { pattern: '^\\d+$' }),
  dlq_attempts: text('The number of attempts to handle the record', { pattern: '^\\d+$' }),
};
const FAULT: Record<string, JsonSchema> = {
  dlq_field: text('The field that violates a rule, such as rfm_score.recency'),
  dlq_rule: text('The rule, such as "must be 1 to 5"; never the value'),
};
const LEFT_OUT: Record<string, JsonSchema> = {
  dlq_signature: text('The header jws was removed, because the body was rewritten', { const: 'removed' }),
  dlq_headers_left_out: text('The number of removed headers, which this service does not read', {
    pattern: '^\\d+$',
  }),
  dlq_body_bytes: text('The length in bytes of the removed body, which was too large or no JSON object', {
    pattern: '^\\d+$',
  }),
};
const UNREADABLE: Record<string, JsonSchema> = {
  dlq_last_offset: text('The last offset that could not be read', { pattern: '^\\d+$' }),
  dlq_why: text('Why the records at these offsets could not be read'),
  dlq_body_sha256: text('The SHA-256 of the bytes at these offsets', { pattern: '^[0-9a-f]{64}$' }),
};

/** Returns the schema of the headers of a topic. Inbound records may lack any of them, and have others. */
export const eventHeaderSchema = ({ action, signed }: EventDoc): JsonSchema => ({
  type: 'object',
  ...(action === 'send' ? { required: Object.keys(CLOUD_EVENT) } : {}),
  properties: {
    ...CLOUD_EVENT,
    ...TRACE,
    ...(action === 'receive' ? REDRIVEN : {}),
    ...(signed ? SIGNED : {}),
  },
});

/** Returns the schema of the headers of a dead letter: the headers of the original record and the reason. */
export const deadLetterHeaderSchema = (): JsonSchema => ({
  type: 'object',
  required: Object.keys(DEAD),
  properties: {
    ...CLOUD_EVENT,
    ...TRACE,
    ...REDRIVEN,
    ...SIGNED,
    ...DEAD,
    ...FAULT,
    ...LEFT_OUT,
    ...UNREADABLE,
  },
});
