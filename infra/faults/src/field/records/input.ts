import type { EventRecord } from '@core/events';

/** A record to send, and its required end. */
export interface RecordInput {
  record: EventRecord & { headers: Record<string, string> };
  /** The change that was made to the record, for the report. */
  note: string;
  ends: Ending;
  /** Whether it is sent after all others are processed. */
  later?: boolean;
}

/**
 * - applied: the customer has this score; without one, the person is erased, and a receipt names them
 * - pending: a request with this id waits for its answer
 * - dead letter: with a reason and a rule; a request is also pending, by its id or its position
 * - any: any of the ends
 */
export type Ending =
  | { end: 'applied'; customerId: string; score?: StoredScore }
  | { end: 'pending'; requestId: string }
  | { end: 'dead letter' }
  | { end: 'any' };

export const ANY_END: Ending = { end: 'any' };

export interface StoredScore {
  score: string;
  as_of: string;
  sequence?: string;
}
