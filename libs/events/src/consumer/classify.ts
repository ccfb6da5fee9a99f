import { MalformedEvent } from '@core/contracts';
import { isConnectionLoss } from '@core/db';
import { CoreError } from '@core/runtime';
import type { DeadLetterReason } from '../dead-letters.ts';

/** A handler's word that this record can never be handled; its reason goes into the dead letter. */
export class Unhandleable extends Error {
  override name = 'Unhandleable';
  readonly reason: DeadLetterReason;

  constructor(reason: DeadLetterReason) {
    super(`cannot be handled: ${reason}`);
    this.reason = reason;
  }
}

/** What to do about a failure: try again for as long as it takes, give up at once, or after a few attempts. */
export type Verdict =
  { kind: 'transient' } | { kind: 'hopeless'; reason: DeadLetterReason } | { kind: 'unforeseen' };

export function classify(error: unknown): Verdict {
  if (error instanceof MalformedEvent) return { kind: 'hopeless', reason: 'malformed' };
  if (error instanceof Unhandleable) return { kind: 'hopeless', reason: error.reason };
  if (error instanceof CoreError) return ofCoreError(error);
  return isTransient(error) ? { kind: 'transient' } : { kind: 'unforeseen' };
}

function ofCoreError({ kind }: CoreError): Verdict {
  if (kind === 'invalid_argument') return { kind: 'hopeless', reason: 'invalid' };
  if (kind === 'not_found') return { kind: 'hopeless', reason: 'unknown_customer' };
  if (kind === 'unavailable' || kind === 'aborted') return { kind: 'transient' };
  return { kind: 'unforeseen' };
}

/** Besides a lost connection, SQLSTATEs: no resources (53), rolled back (40). */
const TRANSIENT_CODE = /^(53|40)\w{3}$/;

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Several addresses of one host were tried: each error is in the list.
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  const { code } = error as { code?: unknown };
  return isConnectionLoss(error) || (typeof code === 'string' && TRANSIENT_CODE.test(code));
}
