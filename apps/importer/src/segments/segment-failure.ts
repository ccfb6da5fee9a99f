import { isLockTimeout } from '@core/db';
import { Fenced, grantSegmentScope } from '@core/domain';
import { backoff, CoreError } from '@core/runtime';
import {
  DENIED_SCOPE,
  MetafieldsRefused,
  RetryLater,
  ShopifyRejected,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  UNUSABLE,
  UnusableAnswer,
  withoutResume,
} from '@core/shopify';
import { RedisUnavailable } from '../redis.ts';

export type SegmentDecision =
  /** Another importer has the sync, or it was turned off or ended. */
  | { kind: 'drop' }
  /**
   * Try again later. `error` is shown to the merchant; null: too early to tell. `isUndefined`: the
   * definitions of the metafields have to be created again.
   */
  | { kind: 'wait'; waitMs: number; error: string | null; isUndefined: boolean };

const LONGEST_PAUSE_MS = 60_000;
/** An obstacle that the merchant has to remove. The removal is noticed within this time. */
const OBSTACLE_MS = 60_000;
/** From this many failures in a row the merchant is told: one lost reply is no obstacle. */
const TOLD_FROM = 3;

/**
 * Decides how to continue after a turn failed. This is the only place that maps errors of segments to
 * decisions. A sync never gives up: it is a setting, and no one would start it again.
 * @param failures in a row, this one included
 */
export function decideSegmentRetry(error: unknown, failures: number): SegmentDecision {
  if (error instanceof Fenced) return { kind: 'drop' };
  if (error instanceof RetryLater || error instanceof Throttled) return wait(error.waitMs, null);
  if (error instanceof RedisUnavailable || isLockTimeout(error)) return wait(pauseAfter(failures), null);
  if (error instanceof Unauthorized)
    return wait(OBSTACLE_MS, 'Shopify refused the access token. Connect the shop again.');
  if (error instanceof MetafieldsRefused)
    return {
      ...wait(
        OBSTACLE_MS,
        `Shopify refused the metafields of segments (${error.code}). Report this to support.`,
      ),
      isUndefined: true,
    };
  if (error instanceof ShopifyRejected || error instanceof CoreError)
    return wait(
      OBSTACLE_MS,
      error.message === DENIED_SCOPE ? grantSegmentScope : withoutResume(error.message),
    );
  const waitMs = pauseAfter(failures);
  const isTold = failures >= TOLD_FROM;
  if (!(error instanceof ShopifyUnavailable))
    return wait(waitMs, isTold ? 'Held up by an internal error; it is tried again automatically.' : null);
  const { now } = UNUSABLE[error instanceof UnusableAnswer ? error.what : 'none'];
  return wait(error.retryAfterMs ?? waitMs, isTold ? `${now}; it is asked again automatically.` : null);
}

/** The decision for a shop that has not granted the scope, without a request to it. */
export const withoutScope: SegmentDecision = {
  kind: 'wait',
  waitMs: OBSTACLE_MS,
  error: grantSegmentScope,
  isUndefined: false,
};

const wait = (waitMs: number, error: string | null) => ({
  kind: 'wait' as const,
  waitMs: Math.max(1, waitMs),
  error,
  isUndefined: false,
});

const pauseAfter = (failures: number): number => Math.ceil(backoff(failures, 500, LONGEST_PAUSE_MS));
