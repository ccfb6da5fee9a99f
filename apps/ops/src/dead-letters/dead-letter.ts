import {
  isRawNumber,
  readCustomerId,
  readMerchantId,
  type CustomerId,
  type MerchantId,
} from '@core/contracts';
import type { Resolution } from '@core/domain';
import type { ConsumedRecord } from '@core/events';
import { bodyOf } from '../events/record-lines.ts';

/** A record of a dead-letter topic, as ops sees it. */
export interface DeadLetterView {
  topic: string;
  partition: number;
  offset: bigint;
  /** When it became a dead letter. */
  at: Date;
  /** Empty on a record that another program has written, as are the next five fields. */
  reason: string;
  /** The field and the rule that it violates; each may be empty. */
  field: string;
  rule: string;
  attempts: string;
  sourceTopic: string;
  /** `partition/offset` in the source topic. */
  sourcePosition: string;
  eventId: string;
  /** The ids in the body; undefined when the body contains none. */
  merchantId: MerchantId | undefined;
  customerId: CustomerId | undefined;
  resolved: Resolution | undefined;
  record: ConsumedRecord;
}

export function toView(record: ConsumedRecord, resolved: Resolution | undefined): DeadLetterView {
  const { topic, partition, offset, timestamp, headers, value } = record;
  const [from, at] = [headers['dlq_partition'], headers['dlq_offset']];
  return {
    topic,
    partition,
    offset,
    at: timestamp,
    reason: headers['dlq_reason'] ?? '',
    field: headers['dlq_field'] ?? '',
    rule: headers['dlq_rule'] ?? '',
    attempts: headers['dlq_attempts'] ?? '',
    sourceTopic: headers['dlq_source_topic'] ?? '',
    sourcePosition: from !== undefined && at !== undefined ? `${from}/${at}` : '',
    eventId: headers['ce_id'] ?? idOf(fieldOf(value, 'event_id', 'eventId')),
    merchantId: readMerchantId(fieldOf(value, 'merchant_id', 'merchantId')) ?? undefined,
    customerId: readCustomerId(fieldOf(value, 'customer_id', 'customerId')) ?? undefined,
    resolved,
    record,
  };
}

const idOf = (value: unknown): string =>
  typeof value === 'string' ? value : isRawNumber(value) ? JSON.stringify(value) : '';

/** Producers use either spelling. */
function fieldOf(value: Buffer | null, snake: string, camel: string): unknown {
  const body = bodyOf(value);
  if (typeof body !== 'object' || body === null) return undefined;
  const fields = body as Record<string, unknown>;
  return fields[snake] ?? fields[camel];
}

/** Formats the position of a dead letter: `rfm.updated.dlq/3/17`. */
export const positionOf = ({ topic, partition, offset }: DeadLetterView): string =>
  `${topic}/${partition}/${offset}`;
