import { UNAUTHORIZED } from '../reply.ts';
import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';

/** Source: the page below, and the reply that apps have recorded since April 2026. */
const NON_EXPIRING: Reply = {
  status: 403,
  body: {
    errors:
      '[API] Non-expiring access tokens are no longer accepted for the Admin API. Start using expiring ' +
      'offline tokens: https://shopify.dev/docs/apps/build/authentication-authorization/access-tokens/' +
      'offline-access-tokens#expiring-vs-non-expiring-offline-tokens',
  },
};

/**
 * Returns the refusal of an access token, or undefined.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens.
 */
export function refuseToken(shop: ServedShop, accessToken: string): Reply | undefined {
  const { rules, app, installation } = shop;
  const { broken } = rules;
  const token = shop.tokens.look(accessToken);
  if (broken('uninstalled', !installation.installed) || !token) return UNAUTHORIZED;
  // A token that does not expire cannot stay valid until it expires.
  const isReplaced = token.retired && (shop.retiredTokens === 'refused' || token.untilMs === Infinity);
  if (
    broken('former-installation', token.installation !== installation.number) ||
    broken('access-token-expired', shop.now() >= token.untilMs) ||
    broken('access-token-retired', isReplaced) ||
    broken('revoked-secret', token.secret !== undefined && !app.accepts(token.secret))
  ) {
    return UNAUTHORIZED;
  }
  const isForever = app.config().distribution === 'public' && token.untilMs === Infinity;
  return broken('non-expiring-token', isForever) ? NON_EXPIRING : undefined;
}
