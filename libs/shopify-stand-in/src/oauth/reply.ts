import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { compactScopes } from './scopes.ts';
import type { GrantedTokens } from './tokens.ts';

/** Returns an error of the token endpoint. */
export const refusal = (status: number, error: string, description: string): Reply => ({
  status,
  body: { error, error_description: description },
});

/**
 * Returns the reply to a successful grant. The lifetimes and the refresh token are those of an expiring token
 * only.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens.
 */
export function grantReply(shop: ServedShop, granted: GrantedTokens): Reply {
  return {
    status: 200,
    body: {
      access_token: granted.accessToken,
      ...(granted.refreshToken !== undefined && {
        expires_in: granted.expiresIn,
        refresh_token: granted.refreshToken,
        refresh_token_expires_in: granted.refreshTokenExpiresIn,
      }),
      scope: compactScopes(shop.scopes).join(','),
    },
  };
}
