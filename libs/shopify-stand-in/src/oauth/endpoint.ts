import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { exchangeCode, exchangeToken } from './exchange.ts';
import type { TokenRequest } from './exchange.ts';
import { grantReply, refusal } from './reply.ts';

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

/**
 * Handles POST /{shop}/admin/oauth/access_token, as a form or as JSON. Client credentials, online tokens and
 * delegated tokens are not implemented.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens.
 */
export function answerTokenRequest(shop: ServedShop, contentType: string, body: string): Reply {
  const asked = readFields(contentType, body);
  const answer = GRANTS.get(grantOf(asked));
  if (!answer) {
    shop.violated('unsupported', 'a grant other than a code, a token exchange and a refresh');
    return refusal(400, 'unsupported_grant_type', 'The stand-in does not implement this grant');
  }
  const { clientId } = shop.app.config();
  const isOther = asked['client_id'] !== clientId || !shop.app.accepts(asked['client_secret']);
  if (shop.rules.broken('client-credentials', isOther))
    return refusal(400, 'application_cannot_be_found', 'The app does not exist');
  return answer(shop, asked);
}

const GRANTS = new Map([
  ['authorization_code', exchangeCode],
  ['refresh_token', refreshAccessToken],
  [TOKEN_EXCHANGE, exchangeToken],
]);

/** The documented request with a code names no grant; OAuth libraries name it. */
function grantOf({ grant_type: type = 'authorization_code', code }: TokenRequest): string {
  return type === 'authorization_code' && code === undefined ? 'none' : type;
}

/** Source: .../access-tokens/offline-access-tokens ("Refreshing expiring offline tokens"). */
function refreshAccessToken(shop: ServedShop, asked: TokenRequest): Reply {
  const refreshToken = asked['refresh_token'] ?? '';
  const refusedMs = shop.tokens.refusedMs(refreshToken);
  const granted = shop.tokens.refresh(refreshToken, asked['client_secret']);
  if (typeof granted === 'string') {
    if (granted !== 'refused')
      shop.violated('refresh-token', `a refresh token that is ${REFUSED[granted]}`, refusedMs);
    shop.count('unauthorized');
    return refusal(401, 'invalid_request', 'This request requires an active refresh_token');
  }
  shop.count('refreshed');
  return grantReply(shop, granted);
}

const REFUSED = { again: 'already known to be permanently refused', unknown: 'not of this shop' };

function readFields(contentType: string, body: string): TokenRequest {
  if (!contentType.includes('json')) return Object.fromEntries(new URLSearchParams(body));
  try {
    const fields = Object.entries((JSON.parse(body) ?? {}) as Record<string, unknown>);
    return Object.fromEntries(fields.map(([name, value]) => [name, String(value)]));
  } catch {
    return {};
  }
}
