import { registerProcessGauge, type Registry } from '@core/runtime';
import type { Refusals } from './retryable-error.ts';

export interface MaxCalls {
  /**
   * Maximum concurrent unary calls of one process, over both ports. A process answers some 10,000 calls a
   * second, so the last of 4,096 has waited 0.4 s: another process serves a further caller sooner than the
   * end of this queue would. Memory: about 10 KiB a call.
   */
  unary: number;
  /**
   * Maximum concurrent streams and downloads, counted separately: they last for hours and work for
   * milliseconds of each second, so they would occupy the slots of unary calls without using them. Memory:
   * about 30 KiB each.
   */
  stream: number;
}
export const MAX_CALLS: MaxCalls = { unary: 4_096, stream: 1_024 };

type Kind = keyof MaxCalls;

export interface CallLimit {
  /**
   * Runs before the work of a call.
   * @throws ConnectError at once when too many calls of its kind are in flight
   */
  enter(kind: Kind): void;
  /** Called when the work has ended, including work that its caller no longer waits for. */
  leave(kind: Kind): void;
}

/** Counts the calls of one process. Health checks are not counted, so a full process still answers them. */
export function createCallLimit(
  registry: Registry,
  refusals: Refusals,
  most: Partial<MaxCalls> = {},
): CallLimit {
  const limits = { ...MAX_CALLS, ...most };
  const inFlight = { unary: 0, stream: 0 };
  registerProcessGauge(registry, 'core_calls_in_flight', 'Calls in flight, by process', () => inFlight.unary);
  registerProcessGauge(
    registry,
    'core_streams_in_flight',
    'Streams and downloads in flight, by process',
    () => inFlight.stream,
  );
  return {
    enter(kind) {
      if (inFlight[kind] >= limits[kind]) throw refusals.refuse(refusalOf(kind, limits[kind]));
      inFlight[kind]++;
    },
    leave: (kind) => void inFlight[kind]--,
  };
}

const refusalOf = (kind: Kind, most: number) =>
  kind === 'unary'
    ? {
        of: 'process' as const,
        limit: 'in_flight',
        message: `${most} calls are in flight in this process`,
        retryMs: 100,
      }
    : {
        of: 'process' as const,
        limit: 'streams',
        message: `${most} streams are open in this process`,
        retryMs: 5_000,
      };
