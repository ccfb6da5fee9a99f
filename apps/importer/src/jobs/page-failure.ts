import { isLockTimeout } from '@core/db';
import { Fenced } from '@core/domain';
import { backoff, CoreError } from '@core/runtime';
import {
  asksToWait,
  ShopifyRejected,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  UNUSABLE,
  UnusableAnswer,
} from '@core/shopify';
import { RedisUnavailable } from '../redis.ts';

export interface Attempt {
  /** Since the page failed first, at whichever importer. */
  ageMs: number;
  /** From 1, at this importer. */
  number: number;
}

export type Remedy =
  /** Try the page again later; the reason is shown to the merchant, and that the run is paused meanwhile. */
  | { kind: 'wait'; waitMs: number; reason: string; paused?: boolean }
  /** End the run; the message is for the merchant. */
  | { kind: 'fail'; message: string }
  /** Somebody else has the page, or nobody needs it any more. */
  | { kind: 'drop' };

/** How long a page is retried before its run fails; a resume goes on from there. */
export const GIVE_UP_AFTER_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 30_000;
/** The message for a merchant while Redis is away or refuses. */
export const QUEUE_AWAY = 'Held up: the import queue is being restored';
/** Consecutive failures of a page from which on its run is shown as paused: one lost answer is no pause. */
const PAUSED_FROM = 3;

/** Waiting for a limit or a lock is no failure, however often and long it has to; nor is a page that is somebody else's. */
export const isFailure = (error: unknown): boolean =>
  !(
    error instanceof Fenced ||
    error instanceof Throttled ||
    error instanceof RedisUnavailable ||
    isLockTimeout(error)
  );

/** The remedy for a page that failed; this is the only table of remedies. */
export function remedyFor(error: unknown, attempt: Attempt, giveUpAfterMs: number): Remedy {
  if (error instanceof Fenced) return { kind: 'drop' };
  if (error instanceof Throttled) return waitAsked(error.waitMs);
  // Never given up: the queue or the lock is ours, and nothing of the run is lost meanwhile.
  const heldUp = whatHoldsUp(error);
  if (heldUp) {
    return {
      kind: 'wait',
      waitMs: pauseAfter(attempt),
      reason: heldUp,
      paused: isPaused(attempt),
    };
  }
  if (error instanceof Unauthorized) {
    return {
      kind: 'fail',
      message: 'Shopify refused the access token. Connect the shop anew, then resume the import.',
    };
  }
  if (error instanceof ShopifyRejected || error instanceof CoreError) {
    return { kind: 'fail', message: error.message };
  }
  const unavailable = error instanceof ShopifyUnavailable;
  const said = UNUSABLE[error instanceof UnusableAnswer ? error.what : 'none'];
  if (attempt.ageMs > giveUpAfterMs) {
    return {
      kind: 'fail',
      message: unavailable
        ? said.gaveUp
        : "The import was stopped: an internal error came back again and again (see the importer's log). Resume it to " +
          'try again.',
    };
  }
  if (unavailable && error.retryAfterMs !== null) return waitAsked(error.retryAfterMs);
  const waitMs = pauseAfter(attempt);
  const what = unavailable ? said.now : 'Held up by an internal error';
  const reason = `${what}; next try in ${(waitMs / 1000).toFixed(1)} s`;
  return { kind: 'wait', waitMs, reason, paused: isPaused(attempt) };
}

function whatHoldsUp(error: unknown): string | undefined {
  if (error instanceof RedisUnavailable) return QUEUE_AWAY;
  return isLockTimeout(error) ? 'Held up: the same customers are being changed by other work' : undefined;
}

const isPaused = ({ number }: Attempt) => number >= PAUSED_FROM;

const pauseAfter = ({ number }: Attempt) => Math.ceil(backoff(number, 500, LONGEST_PAUSE_MS));

/** At least 1 ms, so that it is a wait. */
const waitAsked = (ms: number): Remedy => ({
  kind: 'wait',
  waitMs: Math.max(1, ms),
  reason: asksToWait(ms),
});
