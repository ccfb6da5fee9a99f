import { Unauthorized } from '../src/answers/errors.ts';
import { createShopClient } from '../src/client/create-shop-client.ts';
import type { ShopClient } from '../src/client/shop-client.ts';
import type { Access, AdminApi } from '../src/client/transport.ts';
import type { Limit, Limiter, Outcome } from '../src/limiter/limiter.ts';

export const QUIET = { cost: () => undefined, throttled: () => undefined, unsettled: () => undefined };

/** Creates a limiter that admits every request and records its calls. */
export function recordingLimiter() {
  const [asked, outcomes]: [Limit[], Outcome[]] = [[], []];
  const limiter: Limiter = {
    admit: async (_shop, limit) => ({ granted: true, permit: String(asked.push(limit)) }),
    settle: async (_shop, _permit, outcome) => void outcomes.push(outcome),
  };
  return { asked, outcomes, limiter };
}

/** Creates a shop's client with a token that cannot be refreshed. */
export const clientAs = (
  api: AdminApi,
  { shop, accessToken, signal }: Access,
  { limiter } = recordingLimiter(),
): ShopClient =>
  createShopClient({
    api,
    tokens: { read: async () => accessToken, refresh: () => Promise.reject(new Unauthorized()) },
    limiter,
    reports: QUIET,
  })({ shop }, { signal });
