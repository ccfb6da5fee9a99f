import { status, type ServiceError } from '@grpc/grpc-js';
import type { LedgerCall } from '@core/testing';

/** Answers by which the service says that it has done nothing. */
const REFUSALS: readonly number[] = [
  status.INVALID_ARGUMENT,
  status.NOT_FOUND,
  status.ALREADY_EXISTS,
  status.PERMISSION_DENIED,
  status.FAILED_PRECONDITION,
  status.RESOURCE_EXHAUSTED,
];

/** The effect of a failed call by its answer: it has done nothing, or nobody can tell. */
export const outcomeOf = (error: unknown): LedgerCall['outcome'] =>
  REFUSALS.includes((error as ServiceError).code) ? 'failed' : 'unknown';
