import type { ShopConnection } from '@core/domain';
import type { Logger } from '@core/runtime';
import {
  createShopClient,
  type AdminApi,
  type BindShop,
  type Limiter,
  type ShopTokens,
  type PlanTierCache,
} from '@core/shopify';
import type { ImporterMetrics } from './metrics.ts';

export interface ShopClientsDeps {
  api: AdminApi;
  tokens: ShopTokens<ShopConnection>;
  limiter: Limiter;
  planTiers: PlanTierCache;
  metrics: Pick<ImporterMetrics, 'throttled'>;
  log: Pick<Logger, 'warn'>;
}

/** Creates the importer's only access to shops. Its jobs receive this, but no limiter and no token. */
export function bindShops({ planTiers, metrics, log, ...bound }: ShopClientsDeps): BindShop<ShopConnection> {
  return createShopClient({
    ...bound,
    reports: {
      cost: (shop, api, cost) => planTiers.learn(shop, api, cost),
      throttled: (shop) => metrics.throttled.inc({ tier: planTiers.of(shop) }),
      unsettled: (err) =>
        log.warn({ err }, 'could not return the rate-limit permit; it expires automatically'),
    },
  });
}
