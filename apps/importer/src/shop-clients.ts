import type { ShopConnection } from '@core/domain';
import type { Logger } from '@core/runtime';
import {
  createShopClient,
  type AdminApi,
  type BindShop,
  type Limiter,
  type ShopTokens,
  type Tiers,
} from '@core/shopify';
import type { ImporterMetrics } from './metrics.ts';

export interface ShopClientsDeps {
  api: AdminApi;
  tokens: ShopTokens<ShopConnection>;
  limiter: Limiter;
  tiers: Tiers;
  metrics: Pick<ImporterMetrics, 'throttled'>;
  log: Pick<Logger, 'warn'>;
}

/** The importer's way to shops. Its jobs get what this returns, and neither a limiter nor a token. */
export function bindShops({ tiers, metrics, log, ...bound }: ShopClientsDeps): BindShop<ShopConnection> {
  return createShopClient({
    ...bound,
    reports: {
      cost: (shop, api, cost) => tiers.learn(shop, api, cost),
      throttled: (shop) => metrics.throttled.inc({ tier: tiers.of(shop) }),
      unsettled: (err) => log.warn({ err }, 'a ticket runs out'),
    },
  });
}
