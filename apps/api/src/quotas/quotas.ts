import type { Caller } from '../call/context.ts';
import type { Refusals } from '../call/try-again.ts';
import { createMeters, isRefused, type Load, type Meter, type Meters } from './meters.ts';
import type { Limit, Quota } from './quota.ts';

/** A call within the quotas of its caller and, once that is known, of its merchant. */
export interface Stay {
  /**
   * Counts the call for its merchant.
   * @param calls as many as its request costs, when it is more than one; the caller is charged for them, too
   * @throws ConnectError resource_exhausted, and the call is still to leave
   */
  of(merchantId: string, calls?: number): void;
  leave(): void;
}

export interface Quotas {
  /** From what the headers say. @throws ConnectError resource_exhausted: then nothing is held */
  enter(caller: Caller, load: Load): Stay;
}

export interface QuotasOptions {
  caller: Quota;
  merchant: Quota;
  refusals: Refusals;
  /** Milliseconds, only ever rising. */
  now?: () => number;
}

/**
 * Holds every caller and every merchant to its quota, within this process: several processes behind one port give each
 * as many times its quota. A token that is bound to a merchant makes a caller of its own, so that one
 * merchant's tokens never use up what the same service may do for others.
 */
export function createQuotas({ caller, merchant, refusals, now }: QuotasOptions): Quotas {
  const callers = createMeters(caller, now);
  const merchants = createMeters(merchant, now);

  const enter = (meters: Meters, key: string, load: Load, of: 'caller' | 'merchant'): Meter => {
    const outcome = meters.enter(key, load);
    if (!isRefused(outcome)) return outcome;
    throw refusals.refuse({ of, ...outcome, message: MESSAGES[outcome.limit](of) });
  };

  return {
    enter({ caller: name, boundTo }, load) {
      const byCaller = enter(callers, boundTo === undefined ? name : `${name} ${boundTo}`, load, 'caller');
      let byMerchant: Meter | undefined;
      const of = (merchantId: string, calls = 1) => {
        byMerchant ??= enter(merchants, merchantId, load, 'merchant');
        if (calls > 1) {
          callers.charge(byCaller, load.cost, calls - 1);
          merchants.charge(byMerchant, load.cost, calls - 1);
        }
      };
      const leave = () => {
        callers.leave(byCaller, load);
        if (byMerchant) merchants.leave(byMerchant, load);
      };
      if (boundTo !== undefined) {
        try {
          of(boundTo);
        } catch (refusal) {
          leave();
          throw refusal;
        }
      }
      return { of, leave };
    },
  };
}

const rate = (what: string) => (of: string) => `the quota of this ${of} for ${what} a second is used up`;
const MESSAGES: Record<Limit, (of: string) => string> = {
  score_reads: rate('score reads'),
  reads: rate('reads'),
  writes: rate('writes'),
  exports: rate('exports and distributions'),
  in_flight: (of) => `this ${of} has as many calls under way as its quota allows`,
  streams: (of) => `this ${of} has as many streams open as its quota allows`,
};
