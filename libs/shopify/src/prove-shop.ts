import type { ShopifyClient } from './client.ts';
import { ShopifyRejected, ShopifyUnavailable } from './errors.ts';
import { DENIED_SCOPE } from './merchant-messages.ts';
import type { Access } from './transport.ts';

/** Source: shopify.dev/docs/api/admin-graphql/latest/queries/currentAppInstallation (accessScopes), .../queries/shop. */
export const SHOP_PROOF = `query ShopProof {
  shop { id myshopifyDomain }
  currentAppInstallation { accessScopes { handle } }
}`;

/** What a shop says of itself to the holder of its access token. */
export interface ShopProof {
  /** Its own domain, *.myshopify.com. */
  shop: string;
  /** The number of gid://shopify/Shop/N, which stays the same when the shop is renamed. */
  shopId: string;
  /** What the token may do. */
  scopes: string[];
}

/** The token is good, but not for this shop, or not for what we need. The message is for the merchant. */
export class ShopUnproven extends ShopifyRejected {
  override name = 'ShopUnproven';
}

/** Either of them lets a token read customers: a scope to write includes the one to read. */
const READS_CUSTOMERS = ['read_customers', 'write_customers'];

/**
 * Asks the shop, with the token alone, which shop it is. Its domain alone would not do: a merchant names it, and only
 * the shop can say that the token is its own.
 * @throws ShopUnproven; Unauthorized when the shop does not know the token; as ShopifyClient
 */
export async function proveShop(client: ShopifyClient, access: Access): Promise<ShopProof> {
  const { data } = await client({ ...access, document: SHOP_PROOF, variables: {} });
  const { shop, currentAppInstallation: app } = data as {
    shop?: { id?: unknown; myshopifyDomain?: unknown };
    currentAppInstallation?: { accessScopes?: { handle: string }[] };
  };
  const [, shopId] = /^gid:\/\/shopify\/Shop\/(\d{1,18})$/.exec(String(shop?.id)) ?? [];
  const domain = String(shop?.myshopifyDomain).toLowerCase();
  if (!shopId || !Array.isArray(app?.accessScopes)) throw new ShopifyUnavailable('a reply without a shop');
  if (domain !== access.shop) {
    throw new ShopUnproven(
      `It belongs to ${domain}, not to ${access.shop}. Connect the shop by its own name.`,
    );
  }
  const scopes = app.accessScopes.map(({ handle }) => handle).sort();
  if (!READS_CUSTOMERS.some((scope) => scopes.includes(scope))) throw new ShopUnproven(DENIED_SCOPE);
  return { shop: domain, shopId, scopes };
}
