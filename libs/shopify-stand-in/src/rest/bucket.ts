import type { Plan } from '../throttle.ts';

/** The bucket's capacity in requests, and its leak rate per second. */
export interface RestLimits {
  bucket: number;
  perSecond: number;
}

/**
 * Source: shopify.dev/docs/api/usage/limits ("Shopify API limits"),
 * shopify.dev/docs/api/admin-rest/usage/rate-limits.
 */
export const REST_PLANS: Record<Plan, RestLimits> = {
  standard: { bucket: 40, perSecond: 2 },
  advanced: { bucket: 80, perSecond: 4 },
  plus: { bucket: 400, perSecond: 20 },
  enterprise: { bucket: 800, perSecond: 40 },
};

export interface RestBucket {
  /** Adds one request. Returns false when the bucket is full. */
  take(): boolean;
  /** The value of X-Shopify-Shop-Api-Call-Limit. */
  header(): string;
  limits(): RestLimits;
  /** Keeps the contents: a smaller bucket can be overfull until enough has leaked out. */
  resize(limits: RestLimits): void;
}

/**
 * The leaky bucket of one app in one shop, separate from GraphQL's. `now` is in milliseconds. Source: as
 * REST_PLANS.
 */
export function createRestBucket(initial: RestLimits, now: () => number): RestBucket {
  let limits = initial;
  let used = 0;
  let at = now();
  const leak = () => {
    const time = now();
    used = Math.max(0, used - (Math.max(0, time - at) / 1000) * limits.perSecond);
    at = time;
  };
  return {
    take() {
      leak();
      if (used + 1 > limits.bucket) return false;
      used += 1;
      return true;
    },
    header() {
      leak();
      return `${Math.min(limits.bucket, Math.ceil(used))}/${limits.bucket}`;
    },
    limits: () => limits,
    resize(next) {
      leak();
      limits = next;
    },
  };
}
