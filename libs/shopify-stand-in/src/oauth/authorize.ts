import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { KNOWN_SCOPES, compactScopes, readScopes } from './scopes.ts';
import { hostOf, signQuery } from './sign-query.ts';

/** The merchant's answer to the request for access. */
export type Consent = 'approve' | 'refuse';

/**
 * Handles GET /{shop}/admin/oauth/authorize, which the app opens in the merchant's browser. The merchant
 * answers at once.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * ("Request authorization code", "Validate authorization code").
 */
export function authorize(shop: ServedShop, { searchParams }: URL): Reply {
  const { rules, app } = shop;
  const { clientId, redirectUrls, scopes: configured } = app.config();
  const asked = (name: string) => searchParams.get(name) ?? '';
  const requested = readScopes(asked('scope'));
  const redirectUri = asked('redirect_uri');

  if (rules.broken('client-id', asked('client_id') !== clientId))
    return errorPage('application_cannot_be_found', 'Could not find Shopify API application');
  if (rules.broken('redirect-uri', !redirectUrls.includes(redirectUri)))
    return errorPage('invalid_request', 'The redirect_uri is not whitelisted');
  if (requested.some((scope) => /^(?:unauthenticated|customer)_/.test(scope)))
    return unplayedPage(shop, 'scopes of the Storefront and Customer Account APIs');
  if (rules.broken('scope', !requested.every((scope) => KNOWN_SCOPES.has(scope))))
    return errorPage('invalid_scope', 'The access scope is invalid');
  if (rules.broken('state', asked('state') === ''))
    return errorPage('invalid_request', 'The state is missing');
  if (asked('grant_options[]') !== '') return unplayedPage(shop, 'online access tokens (grant_options[])');

  // A merchant who cancels is returned to the list of apps; the app is not told.
  if (shop.consent === 'refuse') return redirect(`https://${shop.domain}/admin/apps`);
  // "This parameter should be omitted if you've pushed requested API access scopes with the TOML file."
  shop.approve(compactScopes(requested.length > 0 ? requested : configured));
  const parameters = {
    code: shop.codes.issue({ shopId: shop.shopId, clientId }),
    host: hostOf(shop.domain),
    shop: shop.domain,
    state: asked('state'),
    timestamp: String(Math.floor(shop.now() / 1000)),
  };
  const url = new URL(redirectUri);
  url.search = signQuery(parameters, app.signingSecret()).toString();
  return redirect(url.href);
}

const redirect = (location: string): Reply => ({
  status: 302,
  body: Buffer.from('<html><body>You are being redirected.</body></html>'),
  headers: { location, 'content-type': 'text/html; charset=utf-8' },
});

/** A browser is shown a page. Its wording is recorded from live replies. */
const errorPage = (error: string, description: string): Reply => ({
  status: 400,
  body: Buffer.from(
    `<html><head><title>400 - Oauth error ${error}</title></head>` +
      `<body>Oauth error ${error}: ${description}</body></html>`,
  ),
  headers: { 'content-type': 'text/html; charset=utf-8' },
});

function unplayedPage(shop: ServedShop, what: string): Reply {
  shop.violated('unsupported', what);
  return errorPage('stand_in_unplayed', `The stand-in does not implement ${what}`);
}
