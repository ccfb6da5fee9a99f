import { Code, ConnectError } from '@connectrpc/connect';

/** A unary call without a deadline of its own gets this one: nobody waits longer for one answer. */
export const DEFAULT_DEADLINE_MS = 30_000;

// setTimeout takes no more; who waits 24 days needs no timer.
const LONGEST_TIMER = 2 ** 31 - 1;

/** The time limits of one call. */
export interface OpenCall {
  readonly signal: AbortSignal;
  readonly deadline: number;
  /**
   * `work`, or the end of the call if that comes first: the caller is answered at once, while what is
   * left of the work runs into its own limits.
   */
  race<T>(work: Promise<T>): Promise<T>;
  close(): void;
}

/**
 * @param deadline milliseconds since the epoch; Infinity for none
 * @param gone aborted when the caller has gone
 */
export function openCall(deadline: number, gone: AbortSignal): OpenCall {
  const controller = new AbortController();
  const { signal } = controller;
  const expire = () => controller.abort(new ConnectError('the deadline has passed', Code.DeadlineExceeded));
  // A transport that also watches the deadline may say "gone" a moment before our own timer.
  const leave = () =>
    Date.now() >= deadline
      ? expire()
      : controller.abort(new ConnectError('the caller has gone', Code.Canceled));
  const left = deadline - Date.now();
  const timer = left <= LONGEST_TIMER ? setTimeout(expire, Math.max(0, left)) : undefined;
  if (gone.aborted) leave();
  else gone.addEventListener('abort', leave, { once: true });
  return {
    signal,
    deadline,
    race: (work) =>
      Promise.race([
        work,
        new Promise<never>((_, reject) => {
          if (signal.aborted) reject(signal.reason);
          else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        }),
      ]),
    close: () => {
      clearTimeout(timer);
      gone.removeEventListener('abort', leave);
    },
  };
}
