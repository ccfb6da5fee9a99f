import { Topic, type TopicName } from '@core/contracts';

/** One topic's messages, as AsyncAPI is to say them; the body's fields come from the proto. */
export interface EventDoc {
  /** In proto/events/v1. */
  message: string;
  /** Whether this service sends or receives it. */
  action: 'send' | 'receive';
  summary: string;
  /** Whether its records carry a signature. */
  signed?: boolean;
  /** Fields that are always there, or without which a record is refused. */
  required: readonly string[];
  /** The body of a record that is as it should be. */
  example: Record<string, unknown>;
  /** For a topic that is read: the fault of a body that has a number for its customer_id, and nothing else. */
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
    summary: 'A customer exists from now on. Read it by GetCustomer: no event carries its data.',
  },
  [Topic.customerUpdated]: {
    ...changed,
    message: 'events.v1.CustomerUpdated',
    action: 'send',
    summary:
      'A customer has changed, was erased (GetCustomer says NOT_FOUND then), or is replayed (origin replay).',
    example: { ...changed.example, version: 2, changed_fields: ['rfm_score'], origin: 'rfm' },
  },
  [Topic.rfmUpdated]: {
    message: 'events.v1.RfmUpdated',
    action: 'receive',
    summary:
      'A new score of a customer. Applied only if newer, by sequence, else by as_of; see as_of and sequence.',
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
      'A person, named by customer_id, external_id or email, is to be erased or told what is held; or a shop is to be erased.',
    signed: true,
    required: ['merchant_id'],
    fault: { field: 'merchant_id', rule: 'or shop_domain must name a known merchant' },
    example: { ...ids, request_id: 'gdpr-2026-17', kind: 'redact', occurred_at: '2026-01-02T03:04:05.678Z' },
  },
};

/** Hints by field that a proto cannot express; NESTED_REQUIRED: the required fields of nested messages. */
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
