import { status, type ServiceError } from '@grpc/grpc-js';
import type { LedgerCall } from '@core/testing';

/** Codes with which the service reports that the call had no effect. */
const REFUSALS: readonly number[] = [
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
];

/** Returns the effect of a failed call according to its code: no effect, or unknown. */
export const outcomeOf = (error: unknown): LedgerCall['outcome'] =>
  REFUSALS.includes((error as ServiceError).code) ? 'failed' : 'unknown';
