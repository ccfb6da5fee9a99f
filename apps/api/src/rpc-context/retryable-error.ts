import { durationFromMs } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError } from '@connectrpc/connect';
import { RetryInfoSchema } from '@core/contracts/grpc';
import { Counter, type Registry } from '@core/runtime';

/** The HTTP header contains whole seconds, so a client that reads only this header waits a little longer. */
export const RETRY_AFTER = 'retry-after';

/**
 * Returns the error of a call that may succeed later: it carries the time to wait, for clients of either
 * port.
 */
export function retryableError(
  message: string,
  retryMs: number,
  code = Code.ResourceExhausted,
): ConnectError {
  const ms = Math.ceil(retryMs);
  return new ConnectError(
    `${message}, try again`,
    code,
    { [RETRY_AFTER]: String(Math.max(1, Math.ceil(ms / 1_000))) },
    [
      {
        desc: RetryInfoSchema,
        value: { retryDelay: durationFromMs(ms) },
      },
    ],
  );
}

export interface LimitRefusal {
  /** The kind of holder whose limit is reached. No holder name: a metric keeps each of thousands forever. */
  of: 'process' | 'caller' | 'merchant';
  /** The name of the limit. */
  limit: string;
  message: string;
  retryMs: number;
}

/** Counts the calls that are refused because there are too many. */
export interface Refusals {
  /** Counts one refusal and returns the error with the time to wait. */
  refuse(refusal: LimitRefusal): ConnectError;
}

export function createRefusals(registry: Registry): Refusals {
  const refused = new Counter({
    name: 'core_calls_refused_total',
    help: 'Calls refused because there were too many, by holder (process, caller, merchant) and limit',
    labelNames: ['of', 'limit'] as const,
    registers: [registry],
  });
  return {
    refuse({ of, limit, message, retryMs }) {
      refused.inc({ of, limit });
      return retryableError(message, retryMs);
    },
  };
}
