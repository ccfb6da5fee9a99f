/** Points: bucket size and points restored per second. */
export interface PlanLimits {
  maximumAvailable: number;
  restoreRate: number;
}

/** Source: shopify.dev/docs/api/usage/limits and shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits. */
export const PLANS = {
  standard: { maximumAvailable: 2_000, restoreRate: 100 },
  advanced: { maximumAvailable: 4_000, restoreRate: 200 },
  plus: { maximumAvailable: 20_000, restoreRate: 1_000 },
  enterprise: { maximumAvailable: 40_000, restoreRate: 2_000 },
} as const satisfies Record<string, PlanLimits>;
export type Plan = keyof typeof PLANS;

export interface ThrottleStatus extends PlanLimits {
  currentlyAvailable: number;
}

export interface Bucket {
  status(): ThrottleStatus;
  /** Takes the requested cost, or takes nothing and says false. */
  take(points: number): boolean;
  /** Gives back the difference between requested and actual cost after execution. */
  refund(points: number): void;
  /** New limits mid-run; the available points stay, as far as the new bucket holds them. */
  resize(limits: PlanLimits): void;
}

/**
 * The leaky bucket of one app in one shop: it must hold a query's requested cost before execution, and is
 * refunded down to the actual cost after. `now` is in milliseconds.
 * Source: shopify.dev/docs/api/usage/limits#the-leaky-bucket-algorithm.
 */
export function createBucket(limits: PlanLimits, now: () => number): Bucket {
  let { maximumAvailable, restoreRate } = limits;
  let available = maximumAvailable;
  let at = now();
  const add = (points: number) => {
    available = Math.min(maximumAvailable, available + points);
  };
  const restore = () => {
    const time = now();
    add((Math.max(0, time - at) / 1000) * restoreRate);
    at = time;
  };
  return {
    status() {
      restore();
      return { maximumAvailable, currentlyAvailable: Math.floor(available), restoreRate };
    },
    take(points) {
      restore();
      if (points > available) return false;
      available -= points;
      return true;
    },
    refund: add,
    resize(next) {
      restore();
      ({ maximumAvailable, restoreRate } = next);
      add(0);
    },
  };
}
