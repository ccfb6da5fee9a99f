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
  ce_source: text('The maker of the event; core for events of this service', { maxLength: 255 }),
  ce_time: text('When it happened', { format: 'date-time' }),
  'content-type': text('The media type of the body', { const: 'application/json' }),
};

const TRACE: Record<string, JsonSchema> = {
  traceparent: text('W3C trace context of the call or event that it follows from, where there is one', {
    pattern: '^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
  }),
};

const REDRIVEN: Record<string, JsonSchema> = {
  redriven_from: text('Set by `dlq redrive`: the dead letter that it was, topic/partition/offset'),
};

const SIGNED: Record<string, JsonSchema> = {
  jws: text(
    'Detached JWS over the body (RFC 7515 appendix F, or RFC 7797 with b64 false); its protected header has alg, kid, ' +
      'topic, id (ce_id), source (ce_source) and iat. Required in production',
    { pattern: '^[A-Za-z0-9_-]+\\.\\.[A-Za-z0-9_-]+$' },
  ),
};

const DEAD: Record<string, JsonSchema> = {
  dlq_reason: text('Why it could not be handled', {
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
  dlq_source_topic: text('The topic that it comes from'),
  dlq_partition: text('Its partition there', { pattern: '^\\d+$' }),
  dlq_offset: text('Its offset there', { pattern: '^\\d+$' }),
  dlq_attempts: text('How often it was tried', { pattern: '^\\d+$' }),
};
const FAULT: Record<string, JsonSchema> = {
  dlq_field: text('The field that breaks a rule, such as rfm_score.recency'),
  dlq_rule: text('The rule, such as "must be 1 to 5"; never the value'),
};
const LEFT_OUT: Record<string, JsonSchema> = {
  dlq_signature: text('Its header jws was removed, because the body was written anew', { const: 'removed' }),
  dlq_headers_left_out: text('Its own headers that nobody here reads are left out: how many', {
    pattern: '^\\d+$',
  }),
  dlq_body_bytes: text('The body is left out, it was no JSON object or too large: how long it was', {
    pattern: '^\\d+$',
  }),
};
const UNREADABLE: Record<string, JsonSchema> = {
  dlq_last_offset: text('The last of the offsets that could not be read', { pattern: '^\\d+$' }),
  dlq_why: text('The fault that keeps them from being read'),
  dlq_body_sha256: text('The SHA-256 of their bytes', { pattern: '^[0-9a-f]{64}$' }),
};

/** Headers of a topic's records. Inbound ones may come without any, and with others. */
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

/** Headers of a dead letter: the record's own, and why it is there. */
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
