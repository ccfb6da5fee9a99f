import { Code, ConnectError } from '@connectrpc/connect';

/** A unary call without a deadline of its own gets this one: nobody waits longer for one answer. */
export const DEFAULT_DEADLINE_MS = 30_000;

// Maximum of setTimeout; a call that waits 24 days needs no timer.
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Timers count whole milliseconds of their own: a transport's deadline timer may say
 * "gone" shortly before the deadline by our clock. A caller that leaves that late gets its error.
 */
const TIMER_SLACK_MS = 2;

export const deadlinePassed = () => new ConnectError('the deadline has passed', Code.DeadlineExceeded);

/** Calls its listener once the caller has gone, at once if it has already. */
export type WhenGone = (listener: () => void) => void;

/** The time limits of one call. */
export interface OpenCall {
  /** Made when first asked for: an AbortController costs as much as all the rest here, and reads need none. */
  readonly signal: AbortSignal;
  readonly deadline: number;
  /** Why it has ended; undefined: it has not. */
  readonly ended: ConnectError | undefined;
  /**
   * `work`, or the end of the call if that comes first: the caller is answered at once, while what is
   * left of the work runs into its own limits. For one step of a call after the other.
   */
  race<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

/**
 * On the path of every call, so it makes one closure and one timer and no event target: 1 us instead of the
 * 5.5 us that two AbortControllers and Promise.race took.
 * Transports express deadlines in wall-clock time. The wall clock is read once and the rest is measured with
 * the monotonic clock: a step of the wall clock would end calls at once or let them run for hours.
 * @param deadline milliseconds since the epoch; Infinity for none
 */
export function openCall(deadline: number, whenGone: WhenGone): OpenCall {
  let closed = false;
  let reason: ConnectError | undefined;
  let controller: AbortController | undefined;
  let fail: (reason: ConnectError) => void = () => undefined;

  const left = deadline - Date.now();
  const endsAt = performance.now() + left;
  const end = (gone: boolean) => {
    if (closed || reason) return;
    reason =
      gone && performance.now() < endsAt - TIMER_SLACK_MS
        ? new ConnectError('the caller has gone', Code.Canceled)
        : deadlinePassed();
    controller?.abort(reason);
    fail(reason);
  };
  // At once: a timer of no time fires after work that takes less than a turn of the event loop.
  if (left <= 0) end(false);
  const timer = left > 0 && left <= LONGEST_TIMER ? setTimeout(end, left, false) : undefined;
  whenGone(() => end(true));

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
