import { DENIED_DATA, DENIED_EMAIL, renamedTo, type Unusable } from './merchant-messages.ts';

/** The state of a shop's leaky bucket in a reply: GraphQL points (extensions.cost) or REST requests. */
export interface QueryCost {
  /** The cost of the request: the bucket must hold this much. */
  requested: number;
  available: number;
  maximum: number;
  /** Points (GraphQL) or requests (REST) per second. */
  restoreRate: number;
}

/** The request cannot be served yet. The caller retries later and holds no resource while it waits. */
export class RetryLater extends Error {
  override name = 'RetryLater';
  readonly waitMs: number;
  /** Shown to the merchant. */
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
  /**
   * Retry-After, or one second when the shop's limit refused without that header; null: no delay is required.
   */
  readonly retryAfterMs: number | null;
  /** The state of the bucket if the reply contains it (a REST 429). */
  readonly cost: QueryCost | null;

  constructor(message: string, retryAfterMs: number | null = null, cost: QueryCost | null = null) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.cost = cost;
  }
}

/** Shopify answered, but without usable data. The same request may succeed later. */
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

/** The request exceeded our timeout or Shopify's time limit for a query. A smaller page may succeed. */
export class ShopifyTimeout extends ShopifyUnavailable {
  override name = 'ShopifyTimeout';
}

/**
 * The request exceeded Shopify's cost limit for one query or our size limit for a reply. A smaller page may
 * succeed.
 */
export class QueryTooExpensive extends ShopifyUnavailable {
  override name = 'QueryTooExpensive';
}

/** Shopify no longer accepts the slice's cursor. The slice restarts at the beginning of its range. */
export class CursorLost extends Error {
  override name = 'CursorLost';
}

/** The access token is invalid or no longer valid. */
export class Unauthorized extends Error {
  override name = 'Unauthorized';

  constructor() {
    super('Shopify refused the access token');
  }
}

/** A retry would get the same answer. The message is shown to the merchant. */
export class ShopifyRejected extends Error {
  override name = 'ShopifyRejected';
  /** The HTTP status, if the refusal contains nothing else. */
  readonly status: number | null;

  constructor(message: string, status: number | null = null) {
    super(message);
    this.status = status;
  }
}

/** The app lacks level 1 of protected customer data: Shopify returns no customers at all. */
export class CustomersWithheld extends ShopifyRejected {
  override name = 'CustomersWithheld';

  constructor() {
    super(DENIED_DATA);
  }
}

/**
 * The app lacks level 2 for the field email. The same request without the email returns the customers.
 */
export class EmailsWithheld extends ShopifyRejected {
  override name = 'EmailsWithheld';

  constructor() {
    super(DENIED_EMAIL);
  }
}

/** Shopify has renamed the shop: its domain has changed. The message is shown to the merchant. */
export class ShopRenamed extends ShopifyRejected {
  override name = 'ShopRenamed';
  /** The shop's new domain, *.myshopify.com. */
  readonly domain: string;

  constructor(domain: string) {
    super(renamedTo(domain));
    this.domain = domain;
  }
}
