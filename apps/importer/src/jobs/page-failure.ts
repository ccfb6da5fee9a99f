import { isLockTimeout } from '@core/db';
import { Fenced } from '@core/domain';
import { backoff, CoreError } from '@core/runtime';
import {
  retryAfterMessage,
  ShopifyRejected,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  UNUSABLE,
  UnusableAnswer,
} from '@core/shopify';
import { RedisUnavailable } from '../redis.ts';

export interface Attempt {
  /** Since the page first failed, in any importer. */
  ageMs: number;
  /** Counts from 1, in this importer. */
  number: number;
}

export type RetryDecision =
  /**
   * Retry the page later. The merchant sees the reason, and whether the run is shown as paused until the
   * retry.
   */
  | { kind: 'wait'; waitMs: number; reason: string; paused?: boolean }
  /** Fail the run. The message is shown to the merchant. */
  | { kind: 'fail'; message: string }
  /** Another importer has the page, or the page is no longer needed. */
  | { kind: 'drop' };

/** How long a page is retried before its run fails. A resume continues from that page. */
export const GIVE_UP_AFTER_MS = 10 * 60_000;
const LONGEST_PAUSE_MS = 30_000;
/** The message for a merchant while Redis is unavailable or refuses writes. */
export const QUEUE_UNAVAILABLE = 'Held up: the import queue is being restored';
/**
 * From this many consecutive failures of a page its run is shown as paused: one lost reply is not a pause.
 */
const PAUSED_FROM = 3;

/**
 * Waiting for a limit or a lock never counts as a failure, and neither does a page that another importer has.
 */
export const isFailure = (error: unknown): boolean =>
  !(
    error instanceof Fenced ||
    error instanceof Throttled ||
    error instanceof RedisUnavailable ||
    isLockTimeout(error)
  );

/** Decides how to continue after a page failed. This is the only place that maps errors to decisions. */
export function decideRetry(error: unknown, attempt: Attempt, giveUpAfterMs: number): RetryDecision {
  if (error instanceof Fenced) return { kind: 'drop' };
  if (error instanceof Throttled) return waitAsRequested(error.waitMs);
  // Never given up: the queue and the lock are our own, and the run loses nothing while it waits.
  const blocked = blockedReason(error);
  if (blocked) {
    return {
      kind: 'wait',
      waitMs: pauseAfter(attempt),
      reason: blocked,
      paused: isPaused(attempt),
    };
  }
  if (error instanceof Unauthorized) {
    return {
      kind: 'fail',
      message: 'Shopify refused the access token. Connect the shop again, then resume the import.',
    };
  }
  if (error instanceof ShopifyRejected || error instanceof CoreError) {
    return { kind: 'fail', message: error.message };
  }
  const unavailable = error instanceof ShopifyUnavailable;
  const messages = UNUSABLE[error instanceof UnusableAnswer ? error.what : 'none'];
  if (attempt.ageMs > giveUpAfterMs) {
    return {
      kind: 'fail',
      message: unavailable
        ? messages.gaveUp
        : "The import was stopped because an internal error kept recurring (see the importer's log). Resume the import to " +
          'try again.',
    };
  }
  if (unavailable && error.retryAfterMs !== null) return waitAsRequested(error.retryAfterMs);
  const waitMs = pauseAfter(attempt);
  const what = unavailable ? messages.now : 'Held up by an internal error';
  const reason = `${what}; next try in ${(waitMs / 1000).toFixed(1)} s`;
  return { kind: 'wait', waitMs, reason, paused: isPaused(attempt) };
}

function blockedReason(error: unknown): string | undefined {
  if (error instanceof RedisUnavailable) return QUEUE_UNAVAILABLE;
  return isLockTimeout(error) ? 'Held up: the same customers are being changed by other work' : undefined;
}

const isPaused = ({ number }: Attempt) => number >= PAUSED_FROM;

const pauseAfter = ({ number }: Attempt) => Math.ceil(backoff(number, 500, LONGEST_PAUSE_MS));

/** At least 1 ms: 0 would mean that the page is finished. */
const waitAsRequested = (ms: number): RetryDecision => ({
  kind: 'wait',
  waitMs: Math.max(1, ms),
  reason: retryAfterMessage(ms),
});
