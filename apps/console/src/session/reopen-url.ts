import type { Entry } from '../entry/read-entry.ts';

const SHOP = /^[a-z0-9][a-z0-9-]{0,99}\.myshopify\.com$/;

/**
 * Returns where the app opens again in the admin of its shop, which gives the page a new session token;
 * without a token, where the shop lists its apps.
 */
export function reopenUrl({ shop = '', sessionToken }: Entry): string | undefined {
  if (!SHOP.test(shop)) return undefined;
  const app = clientIdIn(sessionToken);
  return `https://${shop}/admin/apps${app === undefined ? '' : `/${app}`}`;
}

/** Reads a claim without trust in it: the api checks the token, the page only shows a link. */
function clientIdIn(token = ''): string | undefined {
  try {
    const [, body = ''] = token.split('.');
    const { aud } = JSON.parse(atob(body.replaceAll('-', '+').replaceAll('_', '/'))) as { aud?: unknown };
    return typeof aud === 'string' && /^[\w-]{1,100}$/.test(aud) ? aud : undefined;
  } catch {
    return undefined;
  }
}
