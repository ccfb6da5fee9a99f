import type { ServedShop } from '../shop.ts';
import { signatureOf } from './session-token.ts';

/**
 * Returns whether a session token breaks a rule. It must be signed by a secret of the app, be valid now, and
 * name this app and this shop.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens/set-up-session-tokens
 * ("Decode session tokens for incoming requests").
 */
export function isSessionTokenRefused(shop: ServedShop, token: string): boolean {
  const { broken } = shop.rules;
  const { clientId, secrets } = shop.app.config();
  const [head = '', body = '', signature = ''] = token.split('.');
  const { alg } = decode(head);
  const { iss, dest, aud, exp, nbf } = decode(body);
  const signatures = secrets.map((secret) => signatureOf(`${head}.${body}`, String(alg), secret));
  const nowS = shop.now() / 1000;
  return (
    broken('session-token-algorithm', alg !== 'HS256') ||
    broken('session-token-signature', !signatures.includes(signature)) ||
    broken('session-token-expired', !(Number(exp) > nowS)) ||
    broken('session-token-not-yet', !(Number(nbf) <= nowS)) ||
    broken('session-token-audience', aud !== clientId) ||
    broken('session-token-issuer', iss !== `${String(dest)}/admin`) ||
    broken('session-token-shop', dest !== `https://${shop.domain}`)
  );
}

/** Returns no fields for a part that is not a JSON object: it then breaks the rules above. */
function decode(part: string): Record<string, unknown> {
  try {
    return (JSON.parse(Buffer.from(part, 'base64url').toString()) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
