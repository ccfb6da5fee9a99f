import { ShopifyRejected, Unauthorized, UnusableAnswer } from './answers/errors.ts';
import { DENIED_SCOPE } from './answers/merchant-messages.ts';
import { createShopClient } from './client/create-shop-client.ts';
import type { ShopClient } from './client/shop-client.ts';
import type { Access, AdminApi } from './client/transport.ts';

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation (accessScopes), .../queries/shop. */
export const SHOP_PROOF = `query ShopProof {
  shop { id myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
}`;

/** Requested points. */
const PROOF_COST = 2;

/** A shop's answer about itself to the holder of its access token. */
export interface ShopProof {
  /** Its permanent domain, *.myshopify.com. */
  shop: string;
  /** The number in gid://shopify/Shop/N, which stays the same when the shop is renamed. */
  shopId: string;
  /** The scopes of the token. */
  scopes: string[];
}

/**
 * The token is valid, but for another shop, or without the required scopes. The message is for the merchant.
 */
export class ShopUnproven extends ShopifyRejected {
  override name = 'ShopUnproven';
}

/** Either scope lets a token read customers: a write scope includes the read scope. */
const READS_CUSTOMERS = ['read_customers', 'write_customers'];

/**
 * Asks the shop, with the token, for its identity. The domain alone proves nothing: a merchant enters it, and
 * only the shop can confirm that the token is its own. It is the one request with a token that is handed in, for the token
 * is what is asked about, and one beside the shop's limit: one in the life of a connection fits into the headroom.
 * @throws ShopUnproven; Unauthorized when the shop does not know the token; as ShopClient
 */
export const proveShop = (api: AdminApi, { shop, accessToken, signal }: Access): Promise<ShopProof> =>
  readProof(
    createShopClient({
      api,
      tokens: { read: async () => accessToken, refresh: () => Promise.reject(new Unauthorized()) },
      limiter: { admit: async () => ({ granted: true, ticket: '' }), settle: async () => undefined },
      reports: { cost: () => undefined, throttled: () => undefined, unsettled: () => undefined },
    })({ shop }, { signal }),
  );

/** @throws as proveShop */
export async function readProof(client: Pick<ShopClient, 'shop' | 'graphql'>): Promise<ShopProof> {
  const { data } = await client.graphql({ document: SHOP_PROOF, variables: {}, cost: PROOF_COST });
  const { shop, currentAppInstallation: app } = data as {
    shop?: { id?: unknown; myshopifyDomain?: unknown } | null;
    currentAppInstallation?: { accessScopes?: ({ handle?: unknown } | null)[] } | null;
  };
  const [, shopId] = /^gid:\/\/shopify\/Shop\/(\d{1,18})$/.exec(textOrEmpty(shop?.id)) ?? [];
  const domain = textOrEmpty(shop?.myshopifyDomain).toLowerCase();
  if (!shopId || !domain || !Array.isArray(app?.accessScopes)) {
    throw new UnusableAnswer('other_form', 'a reply without a shop');
  }
  if (domain !== client.shop) {
    throw new ShopUnproven(
      `It belongs to ${domain}, not to ${client.shop}. Connect the shop by its own name.`,
    );
  }
  const scopes = app.accessScopes.map((scope) => textOrEmpty(scope?.handle)).sort();
  if (!READS_CUSTOMERS.some((scope) => scopes.includes(scope))) throw new ShopUnproven(DENIED_SCOPE);
  return { shop: domain, shopId, scopes };
}

/** Not String() of any value: it takes a list of one for its text, and throws for an object whose toString is a value of JSON. */
const textOrEmpty = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';
