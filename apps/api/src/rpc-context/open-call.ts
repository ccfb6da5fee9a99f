import { Code, ConnectError } from '@connectrpc/connect';

/** Deadline of a unary call that sets none: no caller waits longer for one answer. */
export const DEFAULT_DEADLINE_MS = 30_000;

// Maximum of setTimeout; a call that waits 24 days needs no timer.
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Timers count whole milliseconds from their own start. A transport's deadline timer may therefore report a
 * cancellation shortly before the deadline by our clock. A caller that cancels that late gets the deadline
 * error.
 */
const TIMER_SLACK_MS = 2;

export const deadlinePassed = () => new ConnectError('the deadline has passed', Code.DeadlineExceeded);

/** Registers a listener that is called once the caller cancels or disconnects; at once if it already has. */
export type OnCancel = (listener: () => void) => void;

/** The time limits of one call. */
export interface OpenCall {
  /** Created on first use: an AbortController costs as much as everything else here, and reads need none. */
  readonly signal: AbortSignal;
  readonly deadline: number;
  /** Why the call ended; undefined while it is open. */
  readonly ended: ConnectError | undefined;
  /**
   * Resolves with `work`, or rejects at the end of the call if that is earlier. The caller is answered at
   * once, while the remaining work ends at its own limits. Only for sequential steps of a call.
   */
  race<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

/**
 * Opens the time limits of a call. Every call passes here, so it creates one closure and one timer and no
 * event target: 1 us instead of the 5.5 us that two AbortControllers and Promise.race took.
 * Transports express deadlines in wall-clock time. The wall clock is read once and the rest is measured with
 * the monotonic clock: a step of the wall clock would end calls at once or let them run for hours.
 * @param deadline milliseconds since the epoch; Infinity for none
 */
export function openCall(deadline: number, onCancel: OnCancel): OpenCall {
  let closed = false;
  let reason: ConnectError | undefined;
  let controller: AbortController | undefined;
  let fail: (reason: ConnectError) => void = () => undefined;

  const left = deadline - Date.now();
  const endsAt = performance.now() + left;
  const end = (cancelled: boolean) => {
    if (closed || reason) return;
    reason =
      cancelled && performance.now() < endsAt - TIMER_SLACK_MS
        ? new ConnectError('the caller has disconnected', Code.Canceled)
        : deadlinePassed();
    controller?.abort(reason);
    fail(reason);
  };
  // Ends at once: a timer of zero milliseconds would fire after all work that finishes within one turn of the
  // event loop.
  if (left <= 0) end(false);
  const timer = left > 0 && left <= LONGEST_TIMER ? setTimeout(end, left, false) : undefined;
  onCancel(() => end(true));

  return {
    deadline,
    get ended() {
      return reason;
    },
    get signal() {
      if (!controller) {
        controller = new AbortController();
        if (reason) controller.abort(reason);
      }
      return controller.signal;
    },
    race: (work) =>
      new Promise((resolve, reject) => {
        fail = reject;
        if (reason) reject(reason);
        work.then(resolve, reject);
      }),
    close() {
      closed = true;
      clearTimeout(timer);
    },
  };
}
