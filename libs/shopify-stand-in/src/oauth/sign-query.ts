import { createHmac } from 'node:crypto';

/**
 * Signs the parameters of a request to the app: HMAC-SHA256 in hexadecimal over the sorted parameters without
 * `hmac`, percent-encoded as Shopify's own libraries encode them.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * ("Verify the installation request"); github.com/Shopify/shopify-app-js (hmac-validator.ts).
 */
export function signQuery(parameters: Readonly<Record<string, string>>, secret: string): URLSearchParams {
  const query = new URLSearchParams(parameters);
  query.sort();
  const message = query.toString().replace(/\+/g, '%20');
  query.set('hmac', createHmac('sha256', secret).update(message).digest('hex'));
  query.sort();
  return query;
}

/** Returns the name of a shop in the admin: the part of its domain before .myshopify.com. */
export const handleOf = (shop: string): string => shop.slice(0, shop.indexOf('.'));

/**
 * Returns the parameter `host`: base64 "and then the padding characters are removed".
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * ("Redirect to your app's UI").
 */
export const hostOf = (shop: string): string =>
  Buffer.from(`admin.shopify.com/store/${handleOf(shop)}`)
    .toString('base64')
    .replaceAll('=', '');
