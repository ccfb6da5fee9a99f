import type { EventRecord } from '@core/events';

/** A record to send, and its required outcome. */
export interface RecordInput {
  record: EventRecord & { headers: Record<string, string> };
  /** The change that was made to the record, for the report. */
  note: string;
  expected: ExpectedOutcome;
  /** Whether it is sent after all others are processed. */
  later?: boolean;
}

/**
 * - applied: the customer has this score; without one, the person is erased, and a receipt names them
 * - pending: a request with this id waits for its answer
 * - dead letter: with a reason and a rule; a request is also pending, by its id or its position
 * - any: any of these outcomes
 */
export type ExpectedOutcome =
  | { outcome: 'applied'; customerId: string; score?: StoredScore }
  | { outcome: 'pending'; requestId: string }
  | { outcome: 'dead letter' }
  | { outcome: 'any' };

export const ANY_OUTCOME: ExpectedOutcome = { outcome: 'any' };

export interface StoredScore {
  score: string;
  as_of: string;
  sequence?: string;
}
