import { invalid } from '@core/runtime';
import type { CustomerId, MerchantId } from '../ids.ts';
import { LONGEST_SEGMENT } from '../storable.ts';
import {
  customerIdOf,
  instantOf,
  int32Of,
  int64Of,
  merchantIdOf,
  objectOf,
  readOne,
  textOf,
} from './fields.ts';
import type { Instant } from './instant.ts';
import { readBody } from './read-body.ts';

/** The parts of an rfm.updated record that are used. */
export interface InboundScore {
  eventId: string;
  merchantId: MerchantId;
  customerId: CustomerId;
  score: {
    recency: number;
    frequency: number;
    monetary: number;
    /** Empty: derived from the merchant's thresholds. */
    segment: string;
    asOf: Instant;
    sequence: bigint | undefined;
    configVersion: number | undefined;
  };
}

/** @throws MalformedEvent; CoreError invalid_argument naming the field */
export function readRfmUpdated(bytes: Uint8Array | null): InboundScore {
  const body = readBody(bytes);
  const score = required('rfm_score', objectOf(body, 'rfm_score'));
  const part = (name: string) => required(name, readOne(score, name, int32Of));
  return {
    eventId: readOne(body, 'event_id', textOf),
    merchantId: required('merchant_id', readOne(body, 'merchant_id', merchantIdOf)),
    customerId: required('customer_id', readOne(body, 'customer_id', customerIdOf)),
    score: {
      recency: part('rfm_score.recency'),
      frequency: part('rfm_score.frequency'),
      monetary: part('rfm_score.monetary'),
      segment: readOne(score, 'rfm_score.segment', (field, value) => textOf(field, value, LONGEST_SEGMENT)),
      asOf: required('rfm_score.as_of', readOne(score, 'rfm_score.as_of', instantOf)),
      sequence: readOne(score, 'rfm_score.sequence', int64Of),
      configVersion: readOne(score, 'rfm_score.config_version', int32Of),
    },
  };
}

function required<T>(field: string, value: T | undefined): Exclude<T, ''> {
  if (value === undefined || value === '') throw invalid(field, 'is required');
  return value as Exclude<T, ''>;
}

/**
 * Returns a body that reads as the same score, without the fields that are not read. It is stored for a
 * deferred event.
 */
export const writeRfmUpdated = ({ eventId, merchantId, customerId, score }: InboundScore): string =>
  JSON.stringify({
    ...(eventId ? { event_id: eventId } : {}),
    merchant_id: merchantId,
    customer_id: customerId,
    rfm_score: {
      recency: score.recency,
      frequency: score.frequency,
      monetary: score.monetary,
      ...(score.segment ? { segment: score.segment } : {}),
      as_of: score.asOf,
      // As a string: a later reader of the dead letter may parse all numbers as doubles.
      sequence: score.sequence?.toString(),
      config_version: score.configVersion,
    },
  });
