import type { ShopConnection } from '@core/domain';
import type { Logger } from '@core/runtime';
import {
  type Limit,
  type Limiter,
  type Outcome,
  type QueryCost,
  type ShopifyClient,
  ShopifyUnavailable,
  Throttled,
  type Tiers,
  Unauthorized,
} from '@core/shopify';
import type { ImporterMetrics } from '../metrics.ts';
import type { TokenKeeper } from '../tokens/token-keeper.ts';

export interface AskDeps {
  limiter: Limiter;
  tokens: TokenKeeper;
  tiers: Tiers;
  metrics: ImporterMetrics;
  log: Logger;
}

/** The shop's limit has no place for the request yet. */
export class NotAdmitted extends Error {
  override name = 'NotAdmitted';
  readonly waitMs: number;
  readonly reason: string;

  constructor(waitMs: number, reason: string) {
    super(reason);
    this.waitMs = waitMs;
    this.reason = reason;
  }
}

/**
 * Sends one request to a shop, with its token and within its limits; a token that is refused is refreshed once.
 * @throws NotAdmitted, what `send` throws, what `tokens` throws
 */
export type AskShop = <T extends { cost: QueryCost | null }>(
  limit: Limit,
  send: (accessToken: string) => Promise<T>,
) => Promise<T>;

export function createAskShop(deps: AskDeps, connection: ShopConnection): AskShop {
  const { tokens } = deps;
  return async (limit, send) => {
    // Before the admission: a place at the shop is not to wait for a token.
    const token = await tokens.read(connection);
    try {
      return await sendAdmitted(deps, connection.shop, limit, () => send(token));
    } catch (error) {
      if (!(error instanceof Unauthorized)) throw error;
      const fresh = await tokens.refresh(connection, token);
      return sendAdmitted(deps, connection.shop, limit, () => send(fresh));
    }
  };
}

/** The same as a client, for whoever sends several requests. The token in a request is not used. */
export const clientOf =
  (ask: AskShop, client: ShopifyClient, cost: number): ShopifyClient =>
  (request) =>
    ask({ api: 'graphql', cost }, (accessToken) => client({ ...request, accessToken }));

/** Sends the request and tells the limiter what it cost, however it went. */
async function sendAdmitted<T extends { cost: QueryCost | null }>(
  { limiter, tiers, metrics, log }: AskDeps,
  shop: string,
  limit: Limit,
  send: () => Promise<T>,
): Promise<T> {
  const admission = await limiter.admit(shop, limit);
  if (!admission.granted) throw new NotAdmitted(admission.waitMs, admission.reason);
  const settle = async (outcome: Outcome) => {
    if (outcome.cost) tiers.learn(shop, limit.api, outcome.cost);
    // The page is not thrown away for it: an unsettled ticket counts as on its way until it runs out.
    await limiter
      .settle(shop, admission.ticket, outcome)
      .catch((err: unknown) => log.warn({ err }, 'a ticket runs out'));
  };
  try {
    const reply = await send();
    await settle({ cost: reply.cost });
    return reply;
  } catch (error) {
    const unavailable = error instanceof ShopifyUnavailable;
    const retryAfterMs = unavailable ? error.retryAfterMs : null;
    if (error instanceof Throttled || retryAfterMs !== null) {
      metrics.throttled.inc({ tier: tiers.of(shop) });
    }
    await settle({ cost: unavailable || error instanceof Throttled ? error.cost : null, retryAfterMs });
    throw error;
  }
}
