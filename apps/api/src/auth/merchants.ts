import { LRUCache } from 'lru-cache';
import type { MerchantId } from '@core/contracts';
import { CoreError } from '@core/runtime';

/** @throws CoreError unavailable when Auth cannot say: without its word nobody comes in */
export type IsMerchant = (merchantId: MerchantId) => Promise<boolean>;

// A merchant that left may go on for a minute; one that just came waits five seconds at most.
const VALID_MS = 60_000;
const INVALID_MS = 5_000;
const MOST_ENTRIES = 10_000;

/**
 * Remembers Auth's answers, with one call in flight per merchant: a thousand requests of a merchant unknown
 * so far are one question. Errors are not remembered.
 * @param ask one call to Auth
 * @param now milliseconds, only ever rising
 */
export function createMerchantCheck(
  ask: (merchantId: MerchantId) => Promise<boolean>,
  now: () => number = () => performance.now(),
): IsMerchant {
  const known = new LRUCache<string, { valid: boolean; until: number }>({ max: MOST_ENTRIES });
  const asking = new Map<string, Promise<boolean>>();

  const askOnce = async (merchantId: MerchantId): Promise<boolean> => {
    try {
      const valid = await ask(merchantId);
      known.set(merchantId, { valid, until: now() + (valid ? VALID_MS : INVALID_MS) });
      return valid;
    } catch (cause) {
      throw new CoreError('unavailable', 'Auth cannot tell whether merchant_id is valid; try again', {
        cause,
      });
    } finally {
      asking.delete(merchantId);
    }
  };

  return async (merchantId) => {
    const answer = known.get(merchantId);
    if (answer && now() < answer.until) return answer.valid;
    const question = asking.get(merchantId) ?? askOnce(merchantId);
    asking.set(merchantId, question);
    return question;
  };
}
