import { MalformedEvent } from '@core/contracts';
import { isConnectionLoss, isRefusedValue } from '@core/db';
import { CoreError, IdReused } from '@core/runtime';
import type { DeadLetterReason } from '../dead-letters.ts';

/** Thrown by a handler for a record that can never be handled. The reason goes into the dead letter. */
export class Unhandleable extends Error {
  override name = 'Unhandleable';
  readonly reason: DeadLetterReason;
  readonly fault: Fault | undefined;

  /** @param why must not contain personal data */
  constructor(reason: DeadLetterReason, why: string | CoreError | MalformedEvent = '') {
    const fault = typeof why === 'string' ? (why ? { field: '', rule: why } : undefined) : faultOf(why);
    super(`cannot be handled: ${reason}${fault ? `, ${formatFault(fault)}` : ''}`);
    this.reason = reason;
    this.fault = fault;
  }
}

/**
 * The fault of a record: the rule, and the field that violates it, if it is one field. It never contains a
 * value.
 */
export interface Fault {
  field: string;
  rule: string;
}

export const formatFault = ({ field, rule }: Fault): string => (field ? `${field}: ${rule}` : rule);

/**
 * Returns the fault for a dead letter. The message of any other error may quote a value, so only its name and
 * code are used.
 */
export function faultOf(error: unknown): Fault {
  if (error instanceof MalformedEvent) return { field: error.field, rule: error.rule };
  if (error instanceof Unhandleable) return error.fault ?? { field: '', rule: '' };
  if (error instanceof CoreError) {
    const { field = '', message } = error;
    return { field, rule: message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message };
  }
  if (!(error instanceof Error)) return { field: '', rule: '' };
  const { code } = error as { code?: unknown };
  if (isRefusedValue(error))
    return { field: '', rule: `PostgreSQL refuses a value of the record, SQLSTATE ${code}` };
  return { field: '', rule: typeof code === 'string' ? `${error.name} ${code}` : error.name };
}

/**
 * The reaction to a failure: retry for as long as it takes, give up at once, or give up after a few attempts.
 */
export type Reaction =
  { kind: 'transient' } | { kind: 'permanent'; reason: DeadLetterReason } | { kind: 'unforeseen' };

export function classify(error: unknown): Reaction {
  if (error instanceof MalformedEvent) return { kind: 'permanent', reason: 'malformed' };
  if (error instanceof Unhandleable) return { kind: 'permanent', reason: error.reason };
  if (error instanceof IdReused) return { kind: 'permanent', reason: 'id_reused' };
  if (error instanceof CoreError) return ofCoreError(error);
  if (isTransient(error)) return { kind: 'transient' };
  // Not retried like an unforeseen error: a thousand such records would block a partition for twenty minutes.
  return isRefusedValue(error) ? { kind: 'permanent', reason: 'invalid' } : { kind: 'unforeseen' };
}

function ofCoreError({ kind }: CoreError): Reaction {
  if (kind === 'invalid_argument') return { kind: 'permanent', reason: 'invalid' };
  if (kind === 'not_found') return { kind: 'permanent', reason: 'unknown_customer' };
  if (kind === 'unavailable' || kind === 'aborted') return { kind: 'transient' };
  return { kind: 'unforeseen' };
}

/**
 * Transient errors besides a lost connection: no resources (53), rolled back (40), lock wait timed out
 * (55P03).
 */
const TRANSIENT_CODE = /^(53\w{3}|40\w{3}|55P03)$/;

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Several addresses of one host were tried. The list contains the error of each.
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  const { code } = error as { code?: unknown };
  return isConnectionLoss(error) || (typeof code === 'string' && TRANSIENT_CODE.test(code));
}
