import {
  ShopifyRejected,
  ShopifyUnavailable,
  Throttled,
  Unauthorized,
  UnusableAnswer,
} from './answers/errors.ts';
import { DENIED_SCOPE } from './answers/merchant-messages.ts';
import { createShopClient } from './client/create-shop-client.ts';
import type { ShopClient } from './client/shop-client.ts';
import type { Access, AdminApi } from './client/transport.ts';
import { missingScopes } from './oauth/scopes.ts';
import { readCustomerAccess, type CustomerAccess } from './read-customer-access.ts';

/**
 * Source: shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation (accessScopes),
 * .../queries/shop.
 */
export const SHOP_PROOF = `query ShopProof {
  shop { id myshopifyDomain ianaTimezone plan { publicDisplayName } }
  currentAppInstallation { accessScopes { handle } }
}`;

const LONGEST_PLAN = 100;
// The longest name in the time zone tables has 32 characters.
const LONGEST_TIME_ZONE = 64;

/** Requested points. */
const PROOF_COST = 3;

/** The identity that a shop reports to the holder of its access token. */
export interface ShopProof {
  /** The shop's permanent domain, *.myshopify.com. */
  shop: string;
  /** The number in gid://shopify/Shop/N. It stays the same when the shop is renamed. */
  shopId: string;
  /** The scopes of the token, sorted. */
  scopes: string[];
  /** The name of the shop's plan; undefined when the shop does not tell. */
  plan: string | undefined;
  /** The IANA name of the shop's time zone; undefined when the shop does not tell one that is known here. */
  timeZone: string | undefined;
  /** The customer data that the token may read; undefined when the shop does not tell. */
  customerAccess: CustomerAccess | undefined;
  /** When the shop accepted the token, by Shopify's clock; by ours when the reply does not tell. */
  provenAt: Date;
}

/**
 * The token is valid, but for another shop or without the required scopes. The message is shown to the
 * merchant.
 */
export class ShopUnproven extends ShopifyRejected {
  override name = 'ShopUnproven';
}

/**
 * Requests the shop's identity with the token. The domain alone proves nothing: a merchant enters it, and
 * only the shop can confirm that the token belongs to it. This is the only request whose token the caller
 * passes in, because the request tests that token. It is also the only request outside the shop's limit: one
 * request in the life of a connection, and one for what it may read, fit into the headroom.
 * @throws ShopUnproven; Unauthorized when the shop does not accept the token; as ShopClient
 */
export const proveShop = (api: AdminApi, { shop, accessToken, signal }: Access): Promise<ShopProof> =>
  readProof(
    createShopClient({
      api,
      tokens: { read: async () => accessToken, refresh: () => Promise.reject(new Unauthorized()) },
      limiter: { admit: async () => ({ granted: true, permit: '' }), settle: async () => undefined },
      reports: { cost: () => undefined, throttled: () => undefined, unsettled: () => undefined },
    })({ shop }, { signal }),
  );

/** @throws as proveShop */
export async function readProof(client: Pick<ShopClient, 'shop' | 'graphql'>): Promise<ShopProof> {
  const request = { document: SHOP_PROOF, variables: {}, cost: PROOF_COST };
  const { data, answeredAt = new Date() } = await client.graphql(request);
  const { shop, currentAppInstallation: app } = data as {
    shop?: {
      id?: unknown;
      myshopifyDomain?: unknown;
      ianaTimezone?: unknown;
      plan?: { publicDisplayName?: unknown } | null;
    } | null;
    currentAppInstallation?: { accessScopes?: ({ handle?: unknown } | null)[] } | null;
  };
  const [, shopId] = /^gid:\/\/shopify\/Shop\/(\d{1,18})$/.exec(textOrEmpty(shop?.id)) ?? [];
  const domain = textOrEmpty(shop?.myshopifyDomain).toLowerCase();
  if (!shopId || !domain || !Array.isArray(app?.accessScopes)) {
    throw new UnusableAnswer('other_form', 'the reply has no shop');
  }
  if (domain !== client.shop) {
    throw new ShopUnproven(
      `The access token belongs to ${domain}, not to ${client.shop}. Connect the shop under its own domain.`,
    );
  }
  const scopes = app.accessScopes.map((scope) => textOrEmpty(scope?.handle)).sort();
  if (missingScopes(scopes, ['read_customers']).length > 0) throw new ShopUnproven(DENIED_SCOPE);
  const plan = textOrEmpty(shop?.plan?.publicDisplayName).slice(0, LONGEST_PLAN) || undefined;
  const timeZone = zoneIn(textOrEmpty(shop?.ianaTimezone));
  const customerAccess = await readCustomerAccess(client).catch(unlessUnavailable);
  return { shop: domain, shopId, scopes, plan, timeZone, customerAccess, provenAt: answeredAt };
}

/**
 * Returns the name if this Node's tables have the zone. An unknown one is not stored: schedules could not use
 * it, and a page would have no clock for it.
 */
function zoneIn(name: string): string | undefined {
  if (name.length > LONGEST_TIME_ZONE || !/^[a-z]/i.test(name)) return undefined;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

/** The identity is proven; the next import asks again which customer data the app may read. */
function unlessUnavailable(error: unknown): undefined {
  if (!(error instanceof ShopifyUnavailable || error instanceof Throttled)) throw error;
}

/**
 * Converts a value to text. Does not use String() on any value: String() converts a one-element list to its
 * element and throws for an object whose toString is a JSON value.
 */
const textOrEmpty = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
