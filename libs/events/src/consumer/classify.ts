import { MalformedEvent } from '@core/contracts';
import { isConnectionLoss, isRefusedValue } from '@core/db';
import { CoreError, IdReused } from '@core/runtime';
import type { DeadLetterReason } from '../dead-letters.ts';

/** A handler's word that this record can never be handled; its reason goes into the dead letter. */
export class Unhandleable extends Error {
  override name = 'Unhandleable';
  readonly reason: DeadLetterReason;
  readonly fault: Fault | undefined;

  /** @param why no personal data */
  constructor(reason: DeadLetterReason, why: string | CoreError | MalformedEvent = '') {
    const fault = typeof why === 'string' ? (why ? { field: '', rule: why } : undefined) : faultOf(why);
    super(`cannot be handled: ${reason}${fault ? `, ${inWords(fault)}` : ''}`);
    this.reason = reason;
    this.fault = fault;
  }
}

/** The fault of a record: the rule, and the field that breaks it, if it is one field. Never a value. */
export interface Fault {
  field: string;
  rule: string;
}

export const inWords = ({ field, rule }: Fault): string => (field ? `${field}: ${rule}` : rule);

/** The fault that a dead letter names. The message of a foreign error may quote a value: its name and code suffice. */
export function faultOf(error: unknown): Fault {
  if (error instanceof MalformedEvent) return { field: error.field, rule: error.rule };
  if (error instanceof Unhandleable) return error.fault ?? { field: '', rule: '' };
  if (error instanceof CoreError) {
    const { field = '', message } = error;
    return { field, rule: message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message };
  }
  if (!(error instanceof Error)) return { field: '', rule: '' };
  const { code } = error as { code?: unknown };
  if (isRefusedValue(error)) return { field: '', rule: `PostgreSQL refuses a value of it, SQLSTATE ${code}` };
  return { field: '', rule: typeof code === 'string' ? `${error.name} ${code}` : error.name };
}

/** The reaction to a failure: try again for as long as it takes, give up at once, or after a few attempts. */
export type Verdict =
  { kind: 'transient' } | { kind: 'hopeless'; reason: DeadLetterReason } | { kind: 'unforeseen' };

export function classify(error: unknown): Verdict {
  if (error instanceof MalformedEvent) return { kind: 'hopeless', reason: 'malformed' };
  if (error instanceof Unhandleable) return { kind: 'hopeless', reason: error.reason };
  if (error instanceof IdReused) return { kind: 'hopeless', reason: 'id_reused' };
  if (error instanceof CoreError) return ofCoreError(error);
  if (isTransient(error)) return { kind: 'transient' };
  // Tried again like one that is unforeseen, a thousand such records would block a partition for twenty minutes.
  return isRefusedValue(error) ? { kind: 'hopeless', reason: 'invalid' } : { kind: 'unforeseen' };
}

function ofCoreError({ kind }: CoreError): Verdict {
  if (kind === 'invalid_argument') return { kind: 'hopeless', reason: 'invalid' };
  if (kind === 'not_found') return { kind: 'hopeless', reason: 'unknown_customer' };
  if (kind === 'unavailable' || kind === 'aborted') return { kind: 'transient' };
  return { kind: 'unforeseen' };
}

/** Transient besides a lost connection: no resources (53), rolled back (40), lock wait timed out (55P03). */
const TRANSIENT_CODE = /^(53\w{3}|40\w{3}|55P03)$/;

function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // Several addresses of one host were tried: each error is in the list.
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  const { code } = error as { code?: unknown };
  return isConnectionLoss(error) || (typeof code === 'string' && TRANSIENT_CODE.test(code));
}
