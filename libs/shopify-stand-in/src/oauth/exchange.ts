import type { Reply } from '../reply.ts';
import type { ServedShop } from '../shop.ts';
import { isSessionTokenRefused } from './check-session-token.ts';
import { grantReply, refusal } from './reply.ts';

export type TokenRequest = Readonly<Record<string, string>>;

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const OFFLINE = 'urn:shopify:params:oauth:token-type:offline-access-token';
const ONLINE = 'urn:shopify:params:oauth:token-type:online-access-token';

/**
 * Exchanges an authorization code. Whatever is wrong with it, the reply is the same.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/authorization-code-grant
 * ("Get an access token").
 */
export function exchangeCode(shop: ServedShop, asked: TokenRequest): Reply {
  const { broken } = shop.rules;
  const code = shop.codes.find(asked['code'] ?? '');
  const isRefused =
    broken('code-unknown', !code) ||
    (code !== undefined &&
      (broken('code-of-another-shop', code.shopId !== shop.shopId) ||
        broken('code-of-another-app', code.clientId !== asked['client_id']) ||
        broken('code-reused', code.used) ||
        broken('code-revoked', code.revoked) ||
        broken('code-expired', shop.now() >= code.untilMs)));
  if (isRefused)
    return refusal(400, 'invalid_request', 'The authorization code was not found or was already used');
  if (code) code.used = true;
  return grant(shop, asked);
}

/**
 * Exchanges a session token of the admin, or migrates a token that does not expire.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/access-tokens/token-exchange, and
 * .../offline-access-tokens ("Migrating from non-expiring to expiring tokens").
 */
export function exchangeToken(shop: ServedShop, asked: TokenRequest): Reply {
  const { broken } = shop.rules;
  const { subject_token: subject = '', subject_token_type: type, requested_token_type: wanted } = asked;
  if (wanted === ONLINE) {
    shop.violated('unsupported', 'online access tokens (requested_token_type)');
    return refusal(400, 'invalid_requested_token_type', 'The stand-in does not implement online tokens');
  }
  if (broken('requested-token-type', wanted !== undefined && wanted !== OFFLINE))
    return refusal(400, 'invalid_requested_token_type', 'The requested token type is invalid');
  if (type === OFFLINE) return migrate(shop, asked, subject);
  if (broken('subject-token-type', type !== ID_TOKEN))
    return refusal(400, 'invalid_subject_token_type', 'The subject token type is invalid');
  if (isSessionTokenRefused(shop, subject)) return INVALID_SUBJECT;
  if (broken('not-installed', !shop.installed))
    return refusal(400, 'app_not_installed', 'The app is not installed on this shop');
  return grant(shop, asked);
}

const INVALID_SUBJECT = refusal(
  400,
  'invalid_subject_token',
  'Token exchange cannot be performed due to an invalid subject token.',
);

/** "The original non-expiring token will be revoked upon successful exchange." */
function migrate(shop: ServedShop, asked: TokenRequest, subject: string): Reply {
  const { broken } = shop.rules;
  const token = shop.tokens.look(subject);
  const isUsable = token?.untilMs === Infinity && !token.retired && shop.installed;
  if (broken('migration-token', !isUsable)) return INVALID_SUBJECT;
  if (broken('migration-expiring', asked['expiring'] !== '1'))
    return refusal(400, 'invalid_request', 'expiring must be 1');
  shop.tokens.drop(subject);
  return grant(shop, asked);
}

function grant(shop: ServedShop, { expiring, client_secret: secret }: TokenRequest): Reply {
  if (shop.rules.broken('expiring', expiring !== undefined && expiring !== '0' && expiring !== '1'))
    return refusal(400, 'invalid_request', 'expiring must be 0 or 1');
  shop.count('granted');
  return grantReply(shop, shop.tokens.grant({ expiring: expiring === '1', secret }));
}
