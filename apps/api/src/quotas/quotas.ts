import type { MerchantId } from '@core/contracts';
import type { Caller } from '../rpc-context/context.ts';
import type { Refusals } from '../rpc-context/retryable-error.ts';
import { createMeters, isRefused, type Load, type Meter, type Meters } from './meters.ts';
import type { Limit, Quota } from './quota.ts';

/** A call within the quotas of its caller and, once known, of its merchant. */
export interface QuotaUsage {
  /**
   * Counts the call for its merchant.
   * @param calls the cost of the request when it is more than one call; the caller is charged for it too
   * @throws ConnectError resource_exhausted; the caller of this function must still call `leave`
   */
  chargeMerchant(merchantId: MerchantId, calls?: number): void;
  leave(): void;
}

export interface Quotas {
  /** Admits a call by its headers. @throws ConnectError resource_exhausted; then nothing is held */
  enter(caller: Caller, load: Load): QuotaUsage;
}

export interface QuotasOptions {
  caller: Quota;
  merchant: Quota;
  refusals: Refusals;
  /** Monotonic milliseconds. */
  now?: () => number;
}

/**
 * Enforces the quotas of every caller and every merchant within this process: several processes behind one
 * port multiply each quota by their number. A token that is bound to a merchant counts as a separate caller.
 * The tokens of one merchant therefore never use up the quota that the same service has for others.
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
      const chargeMerchant = (merchantId: MerchantId, calls = 1) => {
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
          chargeMerchant(boundTo);
        } catch (refusal) {
          leave();
          throw refusal;
        }
      }
      return { chargeMerchant, leave };
    },
  };
}

const rate = (what: string) => (of: string) => `the quota of this ${of} for ${what} per second is used up`;
const MESSAGES: Record<Limit, (of: string) => string> = {
  score_reads: rate('score reads'),
  reads: rate('reads'),
  writes: rate('writes'),
  exports: rate('exports and distributions'),
  in_flight: (of) => `this ${of} has as many calls in flight as its quota allows`,
  streams: (of) => `this ${of} has as many streams open as its quota allows`,
};
