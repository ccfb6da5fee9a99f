import { LRUCache } from 'lru-cache';
import type { MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';

/** @throws CoreError unavailable when Auth does not answer: no caller is let in without its confirmation */
export type IsMerchant = (merchantId: MerchantId) => Promise<boolean>;

// A merchant that left keeps access for up to a minute; a new merchant waits five seconds at most.
const VALID_MS = 60_000;
const INVALID_MS = 5_000;
const MAX_ENTRIES = 10_000;

/**
 * Caches Auth's replies and keeps one call in flight per merchant: a thousand requests of a merchant that is
 * not cached yet cause one call. Errors are not cached.
 * @param validate one call to Auth
 * @param now monotonic milliseconds
 */
export function createMerchantCheck(
  validate: (merchantId: MerchantId) => Promise<boolean>,
  now: () => number = () => performance.now(),
): IsMerchant {
  const cache = new LRUCache<string, { valid: boolean; until: number }>({ max: MAX_ENTRIES });
  const pending = new Map<string, Promise<boolean>>();

  const validateOnce = async (merchantId: MerchantId): Promise<boolean> => {
    try {
      const valid = await validate(merchantId);
      cache.set(merchantId, { valid, until: now() + (valid ? VALID_MS : INVALID_MS) });
      return valid;
    } catch (cause) {
      throw new CoreError('unavailable', 'Auth cannot confirm that merchant_id is valid; try again', {
        cause,
      });
    } finally {
      pending.delete(merchantId);
    }
  };

  return async (merchantId) => {
    const answer = cache.get(merchantId);
    if (answer && now() < answer.until) return answer.valid;
    const call = pending.get(merchantId) ?? validateOnce(merchantId);
    pending.set(merchantId, call);
    return call;
  };
}
