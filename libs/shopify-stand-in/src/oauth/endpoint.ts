import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET } from './credentials.ts';

/**
 * Handles POST /{shop}/admin/oauth/access_token with grant_type=refresh_token, as a form or as JSON. The
 * other grants need a merchant in a browser and are not implemented.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/offline-access-tokens
 * (refreshing).
 */
export function refreshAccessToken(shop: ServedShop, contentType: string, body: string): Reply {
  const asked = readFields(contentType, body);
  if (asked['grant_type'] !== 'refresh_token') {
    shop.violated('unsupported', 'a grant other than refresh_token');
    return refusal(400, 'unsupported_grant_type', 'The stand-in implements refresh_token only');
  }
  if (asked['client_id'] !== DEV_CLIENT_ID || asked['client_secret'] !== DEV_CLIENT_SECRET) {
    shop.violated('client-credentials', 'client_id or client_secret does not match the app');
    return refusal(400, 'application_cannot_be_found', 'The app does not exist');
  }
  const granted = shop.tokens.refresh(asked['refresh_token'] ?? '');
  if (typeof granted === 'string') {
    if (granted !== 'refused') shop.violated('refresh-token', `a refresh token that is ${REFUSED[granted]}`);
    shop.count('unauthorized');
    return refusal(401, 'invalid_request', 'This request requires an active refresh_token');
  }
  shop.count('refreshed');
  return {
    status: 200,
    body: {
      access_token: granted.accessToken,
      expires_in: granted.expiresIn,
      refresh_token: granted.refreshToken,
      refresh_token_expires_in: granted.refreshTokenExpiresIn,
      scope: 'read_customers',
    },
  };
}

const REFUSED = { again: 'already known to be permanently refused', unknown: 'not of this shop' };

const refusal = (status: number, error: string, description: string): Reply => ({
  status,
  body: { error, error_description: description },
});

function readFields(contentType: string, body: string): Record<string, string> {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(body));
  try {
    return (JSON.parse(body) ?? {}) as Record<string, string>;
  } catch {
    return {};
  }
}
