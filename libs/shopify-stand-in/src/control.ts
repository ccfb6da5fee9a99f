import type { App, AppConfig } from './app.ts';
import type { Approval } from './approval.ts';
import type { RequestedWebhook } from './changes.ts';
import type { BulkErrorCode } from './bulk/operations.ts';
import type { StandInCustomer } from './customers.ts';
import type { ChurnOptions } from './faults/churn.ts';
import type { Fault } from './faults/faults.ts';
import { controlLife } from './control-life.ts';
import type { Consent } from './oauth/authorize.ts';
import type { CustomerPatch } from './population.ts';
import type { Limits, Shop } from './shop.ts';
import type { Plan } from './throttle.ts';
import type { WebhookTarget } from './webhooks/sender.ts';

/** The settings of a POST. All are optional and are applied in this order. */
export interface ShopSettings {
  customers?: number;
  plan?: Plan;
  limits?: Limits;
  /** [min, max] milliseconds */
  latency?: [number, number];
  accessToken?: string;
  /** Returns the pair in `tokens`. The default lifetime is one hour. */
  issueTokens?: { lifetimeS?: number };
  expireTokens?: true;
  revokeTokens?: true;
  approval?: Approval;
  /** Without a webhook. */
  scopes?: string[];
  /** False: the shop never had the app. Without a webhook. */
  installed?: boolean;
  consent?: Consent;
  development?: boolean;
  retiredTokens?: 'refused' | 'valid';
  expireCursors?: true;
  fault?: Fault;
  churn?: ChurnOptions;
  /** rowsPerSecond null: as fast as possible; 0: held. */
  bulk?: {
    rowsPerSecond?: number | null;
    fail?: { afterRows: number; errorCode: BulkErrorCode };
    expire?: true;
  };
  webhooks?: WebhookTarget | null;
  holdWebhooks?: true;
  releaseWebhooks?: { reversed?: boolean };
  repeatWebhooks?: true;
  sendWebhook?: RequestedWebhook;
  edit?: { id: string; patch: CustomerPatch };
  remove?: string;
  merge?: [one: string, two: string];
  add?: number;
  /**
   * Pre-renders the REST view with these fields, or all (null). The request is answered when rendering is
   * done.
   */
  render?: { fields: string[] | null };
}

/** Returns the state of a shop for the control endpoints. */
export function shopStatus(shop: Shop) {
  const { domain, customers, plan, installed, scopes } = shop;
  return { domain, customers, plan, installed, scopes, ...shop.stats() };
}

export async function applySettings(shop: Shop, settings: ShopSettings): Promise<object> {
  const { customers, plan, limits, latency, approval, scopes, fault, churn, render } = settings;
  if (customers !== undefined) shop.customers = customers;
  if (plan !== undefined) shop.plan = plan;
  if (limits !== undefined) shop.limit(limits);
  if (latency !== undefined) shop.latencyMs = latency;
  applyInstallation(shop, settings);
  const tokens = applyTokens(shop, settings);
  if (approval !== undefined) shop.approval = approval;
  if (scopes !== undefined) shop.scopes = scopes;
  if (settings.expireCursors) shop.expireCursors();
  if (fault !== undefined) shop.fault(fault);
  if (churn !== undefined) shop.churn(churn);
  applyBulk(shop, settings);
  applyWebhooks(shop, settings);
  applyChanges(shop, settings);
  if (render !== undefined) await shop.render(render.fields ?? undefined);
  return tokens ? { tokens } : {};
}

function applyInstallation(
  shop: Shop,
  { installed, consent, development, retiredTokens }: ShopSettings,
): void {
  if (installed !== undefined) shop.installed = installed;
  if (consent !== undefined) shop.consent = consent;
  if (development !== undefined) shop.development = development;
  if (retiredTokens !== undefined) shop.retiredTokens = retiredTokens;
}

function applyTokens(shop: Shop, { accessToken, issueTokens, expireTokens, revokeTokens }: ShopSettings) {
  if (accessToken !== undefined) shop.accessToken = accessToken;
  const tokens = issueTokens && shop.tokens.issue(issueTokens.lifetimeS);
  if (expireTokens) shop.tokens.expire();
  if (revokeTokens) shop.tokens.revoke();
  return tokens;
}

function applyBulk({ bulk }: Shop, { bulk: settings }: ShopSettings): void {
  if (settings?.rowsPerSecond !== undefined) bulk.pace.rowsPerSecond = settings.rowsPerSecond ?? Infinity;
  if (settings?.fail) bulk.pace.failures.push(settings.fail);
  if (settings?.expire) bulk.expire();
}

function applyWebhooks(shop: Shop, settings: ShopSettings): void {
  if (settings.webhooks !== undefined) shop.webhooks.target = settings.webhooks;
  if (settings.holdWebhooks) shop.webhooks.held = true;
  if (settings.releaseWebhooks) shop.webhooks.release(settings.releaseWebhooks.reversed);
  if (settings.repeatWebhooks) shop.webhooks.repeat();
  if (settings.sendWebhook) shop.sendWebhook(settings.sendWebhook);
}

function applyChanges(shop: Shop, { edit, remove, merge, add }: ShopSettings): void {
  if (edit) shop.edit(edit.id, edit.patch);
  if (remove !== undefined) shop.remove(remove);
  if (merge) shop.merge(...merge);
  if (add !== undefined) shop.add(add);
}

/** Returns the existing customers from `offset` on, ordered by id. */
export function listCustomers(shop: Shop, offset: number, limit: number): StandInCustomer[] {
  const page: StandInCustomer[] = [];
  let at = 0;
  for (const customer of shop.all()) {
    if (page.length === limit) break;
    if (at++ >= offset) page.push(customer);
  }
  return page;
}

/** Lists the webhooks sent, without their bodies, which contain personal data. */
function listDeliveries(shop: Shop) {
  return shop.webhooks.deliveries().map(({ topic, webhookId, eventId, forged, statuses, state }) => ({
    ...{ topic, webhookId, eventId, forged, statuses, state },
  }));
}

/**
 * Handles control requests. Not part of Shopify: lets another process (the local stack, an end-to-end spec)
 * read and control a shop.
 *   GET  /_control/violations                              of all shops, and of no shop (server.ts)
 *   GET  /_control/shops/{shop}                            shopStatus
 *   GET  /_control/shops/{shop}/customers?offset=&limit=   listCustomers
 *   GET  /_control/shops/{shop}/webhooks                   listDeliveries
 *   GET  /_control/shops/{shop}/metafields                 definitions and metafields
 *   POST /_control/shops/{shop}                            ShopSettings in, shopStatus out
 *   POST /_control/shops/{shop}/{action}                   see control-life.ts
 *   GET, POST /_control/app                                AppConfig; a POST replaces the given values
 *
 * Returns undefined for an unknown endpoint.
 */
export async function control(
  method: string,
  url: URL,
  body: string,
  { app, shopOf }: { app: App; shopOf: (domain: string) => Shop | undefined },
): Promise<unknown> {
  if (url.pathname === '/_control/app')
    return method === 'POST' ? app.configure(JSON.parse(body) as Partial<AppConfig>) : app.config();
  const [, domain = '', action] = /^\/_control\/shops\/([^/]+)(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
  const shop = shopOf(domain);
  if (!shop) return undefined;
  if (action === 'webhooks') return listDeliveries(shop);
  if (action === 'metafields')
    return { definitions: shop.metafields.definitions(), metafields: shop.metafields.list() };
  if (action !== undefined && action !== 'customers') {
    const result = controlLife(shop, method, action, body);
    return result && { ...shopStatus(shop), ...result };
  }
  if (action) {
    const { searchParams } = url;
    return listCustomers(
      shop,
      Number(searchParams.get('offset') ?? 0),
      Number(searchParams.get('limit') ?? 250),
    );
  }
  const given = method === 'POST' ? await applySettings(shop, JSON.parse(body) as ShopSettings) : {};
  return { ...shopStatus(shop), ...given };
}
