import type { EventRecord } from '@core/events';

/** A record that is sent, and how it must end. */
export interface Input {
  record: EventRecord & { headers: Record<string, string> };
  /** What was done to it, for the report. */
  note: string;
  ends: Ending;
  /** It is sent once all others are handled. */
  later?: boolean;
}

/**
 * - scored: the customer has this score
 * - erased: the person is erased, and a receipt names them
 * - asked: a request of this id waits to be answered
 * - refused: a dead letter with a reason and a rule; for a request also one that is pending, by its id or its place
 * - somehow: any of these, or nothing newer
 */
export type Ending =
  | { how: 'scored'; customerId: string; score: StoredScore }
  | { how: 'erased'; customerId: string }
  | { how: 'asked'; requestId: string }
  | { how: 'refused'; requestId?: string }
  | { how: 'somehow' };

export interface StoredScore {
  score: string;
  as_of: string;
  sequence?: string;
}

/** A header by which an input's dead letter is known. */
export const MARK = 'faults_mark';
