import { Topic, type TopicName } from '@core/contracts';

/** Describes the messages of one topic for AsyncAPI. The fields of the body come from the proto. */
export interface EventDoc {
  /** The full name of the message, which proto/events/v1 declares. */
  message: string;
  /** Whether this service sends or receives it. */
  action: 'send' | 'receive';
  summary: string;
  /** Whether its records carry a signature. */
  signed?: boolean;
  /** Fields that are always present, or without which a record is refused. */
  required: readonly string[];
  /** The body of a valid record. */
  example: Record<string, unknown>;
  /** For a topic that is consumed: the fault of a body with only a customer_id, which is a number. */
  fault?: { field: string; rule: string };
}

const ids = {
  event_id: '0199d3a0-5c2e-7d11-9a3f-2b6c8e4f1a01',
  merchant_id: '00000000-0000-4000-8000-000000000001',
  customer_id: '10000000-0000-4000-8000-00000000002a',
};
const changed = {
  required: ['event_id', 'merchant_id', 'customer_id', 'version', 'changed_fields', 'origin', 'occurred_at'],
  example: {
    ...ids,
    version: 1,
    changed_fields: ['email', 'metadata'],
    origin: 'api',
    occurred_at: '2026-01-02T03:04:05.678Z',
  },
};

export const EVENTS: Record<TopicName, EventDoc> = {
  [Topic.customerCreated]: {
    ...changed,
    message: 'events.v1.CustomerCreated',
    action: 'send',
    summary: 'A customer was created. Read it with GetCustomer, because no event carries its data.',
  },
  [Topic.customerUpdated]: {
    ...changed,
    message: 'events.v1.CustomerUpdated',
    action: 'send',
    summary:
      'A customer was changed, was erased (GetCustomer returns NOT_FOUND), or is replayed (origin replay).',
    example: { ...changed.example, version: 2, changed_fields: ['rfm_score'], origin: 'rfm' },
  },
  [Topic.rfmUpdated]: {
    message: 'events.v1.RfmUpdated',
    action: 'receive',
    summary:
      'A new score of a customer. Applied only if it is newer by sequence, or by as_of without a sequence; see both fields.',
    required: ['merchant_id', 'customer_id', 'rfm_score'],
    fault: { field: 'rfm_score', rule: 'is required' },
    example: {
      ...ids,
      rfm_score: {
        recency: 5,
        frequency: 4,
        monetary: 5,
        segment: 'CHAMPIONS',
        as_of: '2026-01-02T00:00:00Z',
        sequence: 17,
      },
      occurred_at: '2026-01-02T03:04:05.678Z',
    },
  },
  [Topic.gdprRequestCreated]: {
    message: 'events.v1.GdprRequestCreated',
    action: 'receive',
    summary:
      'A request to erase a person (named by customer_id, external_id or email), to export the data held about them, or to erase a shop.',
    signed: true,
    required: ['merchant_id'],
    fault: { field: 'merchant_id', rule: 'or shop_domain must name a known merchant' },
    example: { ...ids, request_id: 'gdpr-2026-17', kind: 'redact', occurred_at: '2026-01-02T03:04:05.678Z' },
  },
};

/**
 * Schema hints by field that a proto cannot express. NESTED_REQUIRED has the required fields of nested
 * messages.
 */
export const FIELD_HINTS: Readonly<Record<string, Record<string, unknown>>> = {
  event_id: { maxLength: 255 },
  request_id: { maxLength: 255 },
  external_id: { maxLength: 255 },
  email: { maxLength: 320 },
  segment: { maxLength: 64 },
  kind: { maxLength: 64 },
  merchant_id: { format: 'uuid' },
  customer_id: { format: 'uuid' },
  version: { minimum: 1 },
  recency: { minimum: 1, maximum: 5 },
  frequency: { minimum: 1, maximum: 5 },
  monetary: { minimum: 1, maximum: 5 },
};
export const NESTED_REQUIRED: Readonly<Record<string, readonly string[]>> = {
  'events.v1.RfmScorePayload': ['recency', 'frequency', 'monetary', 'as_of'],
};
