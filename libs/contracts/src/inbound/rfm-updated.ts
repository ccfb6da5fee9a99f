import { invalid } from '@core/runtime';
import { LONGEST_SEGMENT } from '../storable.ts';
import { fieldOf, instantOf, int32Of, int64Of, objectOf, textOf, uuidOf } from './fields.ts';
import type { Instant } from './instant.ts';
import { readBody } from './read-body.ts';

/** A record of rfm.updated, as far as it is used. */
export interface InboundScore {
  eventId: string;
  merchantId: string;
  customerId: string;
  score: {
    recency: number;
    frequency: number;
    monetary: number;
    /** Empty: the merchant's thresholds give it. */
    segment: string;
    asOf: Instant;
    sequence: bigint | undefined;
    configVersion: number | undefined;
  };
}

/** @throws MalformedEvent; CoreError invalid_argument naming the field */
export function readRfmUpdated(bytes: Uint8Array | null): InboundScore {
  const body = readBody(bytes);
  const score = required('rfm_score', objectOf('rfm_score', fieldOf(body, 'rfm_score')));
  const part = (name: string) =>
    required(`rfm_score.${name}`, int32Of(`rfm_score.${name}`, fieldOf(score, name)));
  return {
    eventId: textOf('event_id', fieldOf(body, 'event_id')),
    merchantId: required('merchant_id', uuidOf('merchant_id', fieldOf(body, 'merchant_id'))),
    customerId: required('customer_id', uuidOf('customer_id', fieldOf(body, 'customer_id'))),
    score: {
      recency: part('recency'),
      frequency: part('frequency'),
      monetary: part('monetary'),
      segment: textOf('rfm_score.segment', fieldOf(score, 'segment'), LONGEST_SEGMENT),
      asOf: required('rfm_score.as_of', instantOf('rfm_score.as_of', fieldOf(score, 'as_of'))),
      sequence: int64Of('rfm_score.sequence', fieldOf(score, 'sequence')),
      configVersion: int32Of('rfm_score.config_version', fieldOf(score, 'config_version')),
    },
  };
}

function required<T>(field: string, value: T | undefined): T {
  if (value === undefined || value === '') throw invalid(field, 'is required');
  return value;
}

/** A body that reads as the same: what is kept of a record that waits, without the fields that nobody reads. */
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
      // As a text: a later reader of the dead letter may know doubles alone.
      sequence: score.sequence?.toString(),
      config_version: score.configVersion,
    },
  });
