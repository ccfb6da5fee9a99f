/** Points of a GraphQL bucket, as each reply tells them (extensions.cost). */
export interface QueryCost {
  /** What the query must find in the bucket. */
  requested: number;
  available: number;
  maximum: number;
  /** Points a second. */
  restoreRate: number;
}

/** Shopify wants this shop's next request later. */
export class Throttled extends Error {
  override name = 'Throttled';
  readonly waitMs: number;
  readonly cost: QueryCost;

  constructor(cost: QueryCost) {
    super('Shopify throttled the request');
    this.cost = cost;
    this.waitMs = Math.max(1, Math.ceil(((cost.requested - cost.available) / cost.restoreRate) * 1000));
  }
}

/** No usable answer this time: 5xx, 429, network, a body cut short. */
export class ShopifyUnavailable extends Error {
  override name = 'ShopifyUnavailable';
  /** Retry-After, when Shopify gave one. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}

/** The access token is not (or no longer) good. */
export class Unauthorized extends Error {
  override name = 'Unauthorized';

  constructor() {
    super('Shopify refused the access token');
  }
}

/** Asking again would give the same answer. The message is for the merchant. */
export class ShopifyRejected extends Error {
  override name = 'ShopifyRejected';
}
