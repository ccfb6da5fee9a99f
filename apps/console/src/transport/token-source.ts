/** Returns the token of the next request; undefined when the page is not signed in. */
export type TokenSource = () => Promise<string | undefined>;

/** The used part of Shopify's App Bridge. Source: shopify.dev/docs/api/app-home/apis/id-token. */
export interface AppBridge {
  idToken(): Promise<string>;
}

/**
 * Chooses where tokens come from. App Bridge renews its own before each request; a token of the address
 * stays as it is until it expires. Either is only in memory: a script of another page, a log or a disk
 * never has it.
 */
export const createTokenSource = (
  appBridge: AppBridge | undefined,
  token: string | undefined,
): TokenSource => (appBridge ? () => appBridge.idToken() : () => Promise.resolve(token));

/** Where an app opens again in the admin of its shop, which gives the page a new session token. */
export function reopenUrl(token: string | undefined): string | undefined {
  const { dest, aud } = claimsOf(token);
  if (typeof dest !== 'string' || typeof aud !== 'string') return undefined;
  const [, shop] = /^https:\/\/([a-z0-9][a-z0-9-]{0,99}\.myshopify\.com)$/.exec(dest) ?? [];
  return shop && /^[\w-]{1,100}$/.test(aud) ? `https://${shop}/admin/apps/${aud}` : undefined;
}

/** Reads the claims of a token without trust in them: the api checks it, the page only shows a link. */
function claimsOf(token: string | undefined): Record<string, unknown> {
  try {
    const [, body = ''] = (token ?? '').split('.');
    const claims: unknown = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/')));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
