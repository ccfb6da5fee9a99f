/** Points: bucket size and points restored per second. */
export interface PlanLimits {
  maximumAvailable: number;
  restoreRate: number;
}

/** Source: shopify.dev/docs/api/usage/limits, shopify.dev/docs/apps/build/apis/graphql-admin/rate-limits. */
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
  /** Deducts the requested cost and returns true, or deducts nothing and returns false. */
  take(points: number): boolean;
  /** Refunds the difference between requested and actual cost after execution. */
  refund(points: number): void;
  /** Sets new limits at run time. The available points stay, up to the new bucket's size. */
  resize(limits: PlanLimits): void;
}

/**
 * Creates the leaky bucket of one app in one shop. It must hold a query's requested cost before execution.
 * After execution the difference to the actual cost is refunded. `now` is in milliseconds.
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
