import { randomUUID } from 'node:crypto';
import { eventHeaders, Topic } from '@core/contracts';

export interface ScoredCustomer {
  merchantId: string;
  customerId: string;
  /** 1 to 5 each. */
  scores: { recency: number; frequency: number; monetary: number };
  /** Both the time of the scoring and of the event: ISO 8601. */
  asOf: string;
  /** A later scoring has a higher number. */
  sequence: number;
}

/** Returns the record of rfm.updated by which RFM Analytics tells a customer's new scores. */
export function rfmUpdatedRecord({ merchantId, customerId, scores, asOf, sequence }: ScoredCustomer) {
  const eventId = randomUUID();
  return {
    topic: Topic.rfmUpdated,
    key: customerId,
    headers: { ...eventHeaders(Topic.rfmUpdated, eventId, asOf) },
    value: JSON.stringify({
      event_id: eventId,
      merchant_id: merchantId,
      customer_id: customerId,
      rfm_score: { ...scores, as_of: asOf, sequence },
      occurred_at: asOf,
    }),
  };
}
