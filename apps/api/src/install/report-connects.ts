import type { ConnectWay } from '@core/domain';
import { CoreError, Counter, type Logger, type Registry } from '@core/runtime';
import { GrantRefused, ShopifyRejected, ShopifyUnavailable, Unauthorized } from '@core/shopify';
import { isTemporary } from '../errors.ts';

export interface ConnectReport {
  way: ConnectWay['way'];
  shop: string;
  requestId: string;
}

/** Reports each attempt to connect a shop: one log line and one count. Returns or throws as `work` does. */
export type ReportConnect = <T>(about: ConnectReport, work: () => Promise<T>) => Promise<T>;

export function createConnectReport(registry: Registry, log: Pick<Logger, 'info'>): ReportConnect {
  const connects = new Counter({
    name: 'core_shop_connects_total',
    help: 'Attempts to connect a shop, by way (link, admin, call) and outcome (connected, refused, unavailable, failed)',
    labelNames: ['way', 'outcome'] as const,
    registers: [registry],
  });
  return async ({ way, shop, requestId }, work) => {
    const report = (outcome: string) => {
      connects.inc({ way, outcome });
      log.info({ shop, way, outcome, request_id: requestId }, 'an attempt to connect a shop has ended');
    };
    try {
      const result = await work();
      report('connected');
      return result;
    } catch (error) {
      report(outcomeOf(error));
      throw error;
    }
  };
}

function outcomeOf(error: unknown): 'refused' | 'unavailable' | 'failed' {
  if (isTemporary(error) || error instanceof ShopifyUnavailable) return 'unavailable';
  const isRefusal = [CoreError, GrantRefused, ShopifyRejected, Unauthorized].some(
    (kind) => error instanceof kind,
  );
  return isRefusal ? 'refused' : 'failed';
}
