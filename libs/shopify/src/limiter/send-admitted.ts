import { NotYet, ShopifyUnavailable, Throttled, type QueryCost } from '../answers/errors.ts';
import type { Api } from './limiter-figures.ts';
import type { Limit, Limiter, Outcome } from './limiter.ts';

/** A shop's limits, as its answers tell them. */
export interface LimitReports {
  cost(shop: string, api: Api, cost: QueryCost): void;
  /** Shopify asked to wait. */
  throttled(shop: string): void;
  /** A ticket that could not be settled counts as on its way until it runs out. */
  unsettled(error: unknown): void;
}

export interface Admitting {
  limiter: Limiter;
  reports: LimitReports;
}

/**
 * Sends a request within the shop's limits, and tells the limiter what it cost, however it went.
 * @throws NotYet when there is no room for it; the errors of `send`
 */
export async function sendAdmitted<T extends { cost: QueryCost | null }>(
  { limiter, reports }: Admitting,
  shop: string,
  limit: Limit,
  send: () => Promise<T>,
): Promise<T> {
  const admission = await limiter.admit(shop, limit);
  if (!admission.granted) throw new NotYet(admission.waitMs, admission.reason);
  const settle = async (outcome: Outcome) => {
    if (outcome.cost) reports.cost(shop, limit.api, outcome.cost);
    // The answer is not thrown away for it.
    await limiter.settle(shop, admission.ticket, outcome).catch(reports.unsettled);
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
