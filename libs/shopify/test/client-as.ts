import { Unauthorized } from '../src/answers/errors.ts';
import { createShopClient } from '../src/client/create-shop-client.ts';
import type { ShopClient } from '../src/client/shop-client.ts';
import type { Access, AdminApi } from '../src/client/transport.ts';
import type { Limit, Limiter, Outcome } from '../src/limiter/limiter.ts';

export const QUIET = { cost: () => undefined, throttled: () => undefined, unsettled: () => undefined };

/** A limiter that lets everything go, and what it was asked and told. */
export function recordingLimiter() {
  const [asked, told]: [Limit[], Outcome[]] = [[], []];
  const limiter: Limiter = {
    admit: async (_shop, limit) => ({ granted: true, ticket: String(asked.push(limit)) }),
    settle: async (_shop, _ticket, outcome) => void told.push(outcome),
  };
  return { asked, told, limiter };
}

/** A shop's client with a token that has no successor. */
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
