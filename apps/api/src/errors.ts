import { Code, ConnectError } from '@connectrpc/connect';
import { isConnectionLoss, isLockTimeout, isRefusedValue, isUnavailable } from '@core/db';
import { MergedAway } from '@core/domain';
import { CoreError, type ErrorKind } from '@core/runtime';
import { retryableError } from './rpc-context/retryable-error.ts';

/** Maps our own errors to codes, in this one table; gRPC and Connect use the same numbers. */
const CODES: Readonly<Record<ErrorKind, Code>> = {
  invalid_argument: Code.InvalidArgument,
  not_found: Code.NotFound,
  already_exists: Code.AlreadyExists,
  failed_precondition: Code.FailedPrecondition,
  aborted: Code.Aborted,
  permission_denied: Code.PermissionDenied,
  unauthenticated: Code.Unauthenticated,
  unavailable: Code.Unavailable,
};

/** Error metadata of a customer that is not found because it was merged: the customer_id of the survivor. */
export const MERGED_INTO = 'merged-into';

// SQLSTATEs of races that were lost in every retry; no caller is at fault.
const LOST_RACE = /^(40001|40P01|23505)$/;
/** Wait before a call that found the database unavailable is worth repeating. */
const RETRY_MS = 1_000;

/**
 * Converts an error to the one that the caller receives. Only the message of a CoreError is meant for
 * callers. For an unforeseen error the caller receives a request id to report, and the log has the details.
 */
export function toRpcError(error: unknown, requestId: string): ConnectError {
  if (error instanceof ConnectError) return error;
  if (error instanceof MergedAway) {
    return new ConnectError(error.message, Code.NotFound, { [MERGED_INTO]: error.survivorId });
  }
  if (error instanceof CoreError) return new ConnectError(error.message, CODES[error.kind]);
  const sqlState = String((error as { code?: unknown } | null)?.code);
  if (LOST_RACE.test(sqlState)) {
    return new ConnectError(
      `another transaction changed the same rows; try again, request ${requestId}`,
      Code.Aborted,
    );
  }
  const unavailable = whyUnavailable(error);
  if (unavailable) return retryableError(`${unavailable}, request ${requestId}`, RETRY_MS, Code.Unavailable);
  if (isRefusedValue(error)) {
    return new ConnectError(
      `a value of the request cannot be stored (SQLSTATE ${sqlState}), request ${requestId}`,
      Code.InvalidArgument,
    );
  }
  return new ConnectError(`internal error, request ${requestId}`, Code.Internal);
}

/** Whether the same call may succeed a moment later: the database is unavailable, or a race was lost. */
export const isTemporary = (error: unknown): boolean =>
  (error instanceof CoreError && error.kind === 'unavailable') ||
  LOST_RACE.test(String((error as { code?: unknown } | null)?.code)) ||
  whyUnavailable(error) !== undefined;

function whyUnavailable(error: unknown): string | undefined {
  if (isLockTimeout(error)) return 'another transaction holds the same rows';
  if (isConnectionLoss(error)) return 'the database cannot be reached';
  return isUnavailable(error) ? 'the database is temporarily unavailable' : undefined;
}

/** snake_case name of a code, for logs and metrics. */
export const codeName = (code: Code | undefined): string =>
  code === undefined ? 'ok' : (Code[code] ?? 'Unknown').replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase();
