import type { StandInCustomer } from './customers.ts';
import type { FaultKind, Shop } from './shop.ts';
import type { Plan } from './throttle.ts';

/** What a POST may set; all of it optional. */
export interface ShopSettings {
  customers?: number;
  plan?: Plan;
  /** [min, max] milliseconds */
  latency?: [number, number];
  accessToken?: string;
  fault?: { kind: FaultKind; times?: number };
}

/** The state of a shop, as the control endpoints show it. */
export function shopStatus(shop: Shop) {
  return { domain: shop.domain, customers: shop.customers, plan: shop.plan, ...shop.stats() };
}

export function applySettings(shop: Shop, settings: ShopSettings): void {
  const { customers, plan, latency, accessToken, fault } = settings;
  if (customers !== undefined) shop.customers = customers;
  if (plan !== undefined) shop.plan = plan;
  if (latency !== undefined) shop.latencyMs = latency;
  if (accessToken !== undefined) shop.accessToken = accessToken;
  if (fault !== undefined) shop.fault(fault);
}

/** The living customers from `offset` on, in id order. */
export function listCustomers(shop: Shop, offset: number, limit: number): StandInCustomer[] {
  const page: StandInCustomer[] = [];
  let at = 0;
  for (const customer of shop.all()) {
    if (page.length === limit) break;
    if (at++ >= offset) page.push(customer);
  }
  return page;
}

/**
 * Not Shopify's: lets another process (the local stack, an end-to-end spec) read and steer a shop.
 *   GET  /_control/shops/{shop}                            shopStatus
 *   GET  /_control/shops/{shop}/customers?offset=&limit=   listCustomers
 *   POST /_control/shops/{shop}                            ShopSettings in, shopStatus out
 * Undefined: no such endpoint.
 */
export function control(
  method: string,
  url: URL,
  body: string,
  shopOf: (domain: string) => Shop | undefined,
): unknown {
  const [, domain = '', list] = /^\/_control\/shops\/([^/]+)(\/customers)?$/.exec(url.pathname) ?? [];
  const shop = shopOf(domain);
  if (!shop) return undefined;
  if (list) {
    const { searchParams } = url;
    return listCustomers(
      shop,
      Number(searchParams.get('offset') ?? 0),
      Number(searchParams.get('limit') ?? 250),
    );
  }
  if (method === 'POST') applySettings(shop, JSON.parse(body) as ShopSettings);
  return shopStatus(shop);
}
