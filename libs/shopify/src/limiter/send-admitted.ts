import { RetryLater, ShopifyUnavailable, Throttled, type QueryCost } from '../answers/errors.ts';
import type { Api } from './limiter-figures.ts';
import type { Limit, Limiter, Outcome } from './limiter.ts';

/** Receives a shop's limits as its replies report them. */
export interface LimitReports {
  cost(shop: string, api: Api, cost: QueryCost): void;
  /** Shopify requested a delay. */
  throttled(shop: string): void;
  /** Called with the error when a permit was not settled. The permit counts as in flight until it expires. */
  unsettled(error: unknown): void;
}

export interface Admitting {
  limiter: Limiter;
  reports: LimitReports;
}

/**
 * Sends a request within the shop's limits and reports its cost to the limiter, whether it succeeds or fails.
 * @throws RetryLater when the limit has no capacity; the errors of `send`
 */
export async function sendAdmitted<T extends { cost: QueryCost | null }>(
  { limiter, reports }: Admitting,
  shop: string,
  limit: Limit,
  send: () => Promise<T>,
): Promise<T> {
  const admission = await limiter.admit(shop, limit);
  if (!admission.granted) throw new RetryLater(admission.waitMs, admission.reason);
  const settle = async (outcome: Outcome) => {
    if (outcome.cost) reports.cost(shop, limit.api, outcome.cost);
    // A failure to settle must not discard the reply.
    await limiter.settle(shop, admission.permit, outcome).catch(reports.unsettled);
  };
  try {
    const reply = await send();
    await settle({ cost: reply.cost });
    return reply;
  } catch (error) {
    const unavailable = error instanceof ShopifyUnavailable;
    const retryAfterMs = unavailable ? error.retryAfterMs : null;
    if (error instanceof Throttled || retryAfterMs !== null) reports.throttled(shop);
    await settle({ cost: unavailable || error instanceof Throttled ? error.cost : null, retryAfterMs });
    throw error;
  }
}
