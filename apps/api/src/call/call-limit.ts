import { Code, ConnectError } from '@connectrpc/connect';
import { Gauge, type Registry } from '@core/runtime';

/**
 * Calls that one process works on at once, over both ports. It answers some 10,000 a second, so the last of
 * 4,096 has waited 0.4 s: who comes after that does better to ask another process now than to wait here
 * behind them all. Memory: about 10 KiB a call.
 */
export const MOST_CALLS_IN_FLIGHT = 4_096;

export interface CallLimit {
  /** Before the work of a call. @throws ConnectError at once when too many are under way */
  enter(): void;
  /** When the work has ended, also work that its caller no longer waits for. */
  leave(): void;
}

/** Counts the calls of one process. Health checks do not pass here, so a full process still answers them. */
export function createCallLimit(registry: Registry, most = MOST_CALLS_IN_FLIGHT): CallLimit {
  let inFlight = 0;
  new Gauge({
    name: 'core_calls_in_flight',
    // By process, because a sum does not show that one of them has all the work.
    help: 'Calls under way, by process',
    labelNames: ['process'] as const,
    registers: [registry],
    collect() {
      this.set({ process: String(process.pid) }, inFlight);
    },
  });
  return {
    enter() {
      if (inFlight >= most) {
        throw new ConnectError(
          `${most} calls are under way in this process, try again`,
          Code.ResourceExhausted,
        );
      }
      inFlight++;
    },
    leave: () => void inFlight--,
  };
}
