import { SHOP_DOMAIN } from '@core/contracts';
import { requireShop, shopUrl } from '../client/shop-url.ts';

/**
 * Returns the page at the shop where the merchant grants the scopes. It lacks grant_options, so that Shopify
 * grants an offline token. An app whose scopes are in its configuration at Shopify requests none here.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * (request authorization code).
 * @param baseUrl contains the placeholder {shop}
 * @param state proves that the merchant who returns is the one who was sent
 * @throws ShopifyRejected
 */
export function authorizeUrl(options: {
  baseUrl: string;
  shop: string;
  clientId: string;
  scopes: readonly string[];
  redirectUrl: string;
  state: string;
}): string {
  const { baseUrl, shop, clientId, scopes, redirectUrl, state } = options;
  const query = new URLSearchParams({
    client_id: clientId,
    ...(scopes.length > 0 && { scope: scopes.join(',') }),
    redirect_uri: redirectUrl,
    state,
  });
  return shopUrl(baseUrl, shop, `/admin/oauth/authorize?${query}`);
}

/**
 * Returns the page at the shop where the merchant grants optional scopes to the installed app.
 * Source: scopes.request of Shopify's library (github.com/Shopify/shopify-app-js,
 * shopify-app-remix/src/server/authenticate/admin/helpers/redirect-to-install-page.ts).
 * @param baseUrl contains the placeholder {shop}
 * @throws ShopifyRejected
 */
export function grantScopesUrl(options: {
  baseUrl: string;
  shop: string;
  clientId: string;
  scopes: readonly string[];
  optionalScopes: readonly string[];
}): string {
  const { baseUrl, shop, clientId, scopes, optionalScopes } = options;
  const query = new URLSearchParams({
    client_id: clientId,
    scope: scopes.join(','),
    optional_scopes: optionalScopes.join(','),
  });
  return shopUrl(baseUrl, shop, `/admin/oauth/install?${query}`);
}

interface AppPage {
  shop: string;
  /** The parameter `host` of Shopify's requests. */
  host?: string | undefined;
  clientId: string;
}

/**
 * Returns the page of the app in the shop's admin. The host of another shop is ignored, because the page of
 * this shop is the only place where the merchant belongs.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * (redirect to your app's UI).
 * @throws ShopifyRejected
 */
export function appUrlOf({ shop, host, clientId }: AppPage): string {
  requireShop(shop);
  const admin = host !== undefined && isHostOf(host, shop) ? decode(host) : adminOf(shop);
  return `https://${admin}/apps/${encodeURIComponent(clientId)}`;
}

/**
 * Returns whether the parameter `host` names the admin of the shop in base64. The text is
 * admin.shopify.com/store/<handle>, or <shop>/admin in the older form. Shopify's library accepts every page
 * of every shop.
 */
export function isHostOf(host: string, shop: string): boolean {
  if (!SHOP_DOMAIN.test(shop) || host.length > LONGEST_HOST || !BASE64.test(host)) return false;
  return [adminOf(shop), `${shop}/admin`].includes(decode(host));
}

/** The longest shop domain has 74 characters. */
const LONGEST_HOST = 200;
const BASE64 = /^[\w+/-]+={0,2}$/;

const decode = (host: string): string => Buffer.from(host, 'base64').toString('utf8');
const adminOf = (shop: string): string =>
  `admin.shopify.com/store/${shop.slice(0, -'.myshopify.com'.length)}`;
