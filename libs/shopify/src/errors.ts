/** A shop's bucket as a reply tells it: points of GraphQL (extensions.cost), or requests of REST. */
export interface QueryCost {
  /** What the request must find in the bucket. */
  requested: number;
  available: number;
  maximum: number;
  /** Points, or requests, a second. */
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
  /** Retry-After, or a second where the shop's limit refused without one; null: the shop asks for no wait. */
  readonly retryAfterMs: number | null;
  /** The bucket, where even this answer tells it (a REST 429). */
  readonly cost: QueryCost | null;

  constructor(message: string, retryAfterMs: number | null = null, cost: QueryCost | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.cost = cost;
  }
}

/** It took longer than we wait, or than Shopify lets a query take: a smaller page may pass. */
export class ShopifyTimeout extends ShopifyUnavailable {
  override name = 'ShopifyTimeout';
}

/** Above what a single query may cost, or what we read of a reply: a smaller page passes. */
export class QueryTooExpensive extends ShopifyUnavailable {
  override name = 'QueryTooExpensive';
}

/** The place where the slice stands is not known to Shopify any more: the slice begins anew from its range. */
export class CursorLost extends Error {
  override name = 'CursorLost';
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
