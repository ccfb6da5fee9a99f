import type { Plan } from '../throttle.ts';

/** In requests: the capacity of the bucket and its leak per second. */
export interface RestLimits {
  bucket: number;
  perSecond: number;
}

/** Source: shopify.dev/docs/api/usage/limits ("Shopify API limits"), shopify.dev/docs/api/admin-rest/usage/rate-limits. */
export const REST_PLANS: Record<Plan, RestLimits> = {
  standard: { bucket: 40, perSecond: 2 },
  advanced: { bucket: 80, perSecond: 4 },
  plus: { bucket: 400, perSecond: 20 },
  enterprise: { bucket: 800, perSecond: 40 },
};

export interface RestBucket {
  /** Puts one request in, or says false when it is full. */
  take(): boolean;
  /** The value of X-Shopify-Shop-Api-Call-Limit. */
  header(): string;
  limits(): RestLimits;
  /** The contents stay: a shrunken bucket can be over its rim until enough has leaked out. */
  resize(limits: RestLimits): void;
}

/** The leaky bucket of one app in one shop, apart from GraphQL's. `now` is in milliseconds. Source: as REST_PLANS. */
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
