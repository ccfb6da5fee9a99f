import { renamedTo, type Unusable } from './merchant-messages.ts';

/**
 * The state of a shop's leaky bucket in a reply: points of GraphQL (extensions.cost), or requests of REST.
 */
export interface QueryCost {
  /** The cost of the request, which the bucket must have. */
  requested: number;
  available: number;
  maximum: number;
  /** Points, or requests, a second. */
  restoreRate: number;
}

/** There is nothing to have yet. The caller comes back later, and holds nothing meanwhile. */
export class NotYet extends Error {
  override name = 'NotYet';
  readonly waitMs: number;
  /** For the merchant. */
  readonly reason: string;

  constructor(waitMs: number, reason: string) {
    super(reason);
    this.waitMs = waitMs;
    this.reason = reason;
  }
}

/** Shopify requires a delay before this shop's next request. */
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

/** A temporary failure: 5xx, 429, a network error, a truncated body. */
export class ShopifyUnavailable extends Error {
  override name = 'ShopifyUnavailable';
  /** Retry-After, or a second when the shop's limit refused without one; null: the shop requires no delay. */
  readonly retryAfterMs: number | null;
  /** The state of the bucket, where the answer has it (a REST 429). */
  readonly cost: QueryCost | null;

  constructor(message: string, retryAfterMs: number | null = null, cost: QueryCost | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.cost = cost;
  }
}

/** Shopify answered, but not with data: the same request may succeed later. */
export class UnusableAnswer extends ShopifyUnavailable {
  override name = 'UnusableAnswer';
  readonly what: Unusable;

  constructor(
    what: Unusable,
    message: string,
    retryAfterMs: number | null = null,
    cost: QueryCost | null = null,
  ) {
    super(message, retryAfterMs, cost);
    this.what = what;
  }
}

/** It exceeded our timeout, or Shopify's limit for a query: a smaller page may succeed. */
export class ShopifyTimeout extends ShopifyUnavailable {
  override name = 'ShopifyTimeout';
}

/** It exceeded the cost limit of a single query, or our limit for a reply: a smaller page may succeed. */
export class QueryTooExpensive extends ShopifyUnavailable {
  override name = 'QueryTooExpensive';
}

/** Shopify no longer knows the cursor of the slice: the slice restarts from the beginning of its range. */
export class CursorLost extends Error {
  override name = 'CursorLost';
}

/** The access token is not, or no longer, valid. */
export class Unauthorized extends Error {
  override name = 'Unauthorized';

  constructor() {
    super('Shopify refused the access token');
  }
}

/** A retry would get the same answer. The message is for the merchant. */
export class ShopifyRejected extends Error {
  override name = 'ShopifyRejected';
  /** The HTTP status, where that is all that the refusal says. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

/** The shop has another domain by now. The message is for the merchant. */
export class ShopRenamed extends ShopifyRejected {
  override name = 'ShopRenamed';
  /** Its new domain, *.myshopify.com. */
  readonly domain: string;

  constructor(domain: string) {
    super(renamedTo(domain));
    this.domain = domain;
  }
}
