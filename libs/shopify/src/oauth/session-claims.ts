import { LONGEST_ID, SHOP_DOMAIN, textProblem } from '@core/contracts';

/** The proof that a user of a shop has opened the app in the shop's admin. */
export interface SessionToken {
  /** The shop's permanent domain, in lower case. */
  shop: string;
  /** Shopify's number of the user. */
  userId: string;
  expiresAt: Date;
}

/** The message names the claim and contains no part of the token. */
export class SessionTokenRefused extends Error {
  override name = 'SessionTokenRefused';
}

export const refused = (reason: string) => new SessionTokenRefused(`the session token ${reason}`);

/** Tolerated difference between the clocks of two machines, as in Shopify's library. */
const CLOCK_TOLERANCE_S = 10;
/** Session tokens live for a minute. */
const LONGEST_LIFE_S = 300;
/** The longest shop domain has 74 characters. */
const LONGEST_URL = 100;

/**
 * Checks the claims. `iss` and `dest` must agree, and both must be present: Shopify signs the tokens of
 * checkout and customer account extensions with the same secret. Buyers receive those tokens, which have no
 * `iss` and a `dest` without https://.
 * Source: shopify.dev/docs/apps/build/authentication-authorization/session-tokens (anatomy),
 * shopify.dev/docs/api/customer-account-ui-extensions (session token claims).
 * @param now seconds since the epoch
 * @throws SessionTokenRefused
 */
export function readClaims(claims: Record<string, unknown>, clientId: string, now: number): SessionToken {
  const { aud, dest, iss, sub } = claims;
  if (aud !== clientId) throw refused('is for another app: aud');
  const shop = typeof dest === 'string' && dest.length <= LONGEST_URL ? dest.replace(/^https:\/\//, '') : '';
  if (!SHOP_DOMAIN.test(shop) || dest !== `https://${shop}`) throw refused('is not from a shop: dest');
  if (iss !== `https://${shop}/admin`) throw refused("is not from the admin of dest's shop: iss");
  const [exp, nbf, iat] = [timeOf(claims, 'exp'), timeOf(claims, 'nbf'), timeOf(claims, 'iat')];
  if (exp <= now - CLOCK_TOLERANCE_S) throw refused('has expired: exp');
  if (nbf > now + CLOCK_TOLERANCE_S) throw refused('is not valid yet: nbf');
  if (iat > now + CLOCK_TOLERANCE_S) throw refused('was issued in the future: iat');
  if (exp - Math.min(iat, nbf) > LONGEST_LIFE_S) throw refused('lives too long: exp');
  // Shopify's number of the user, or a text in some accounts.
  if (typeof sub !== 'string' || sub === '' || textProblem(sub, LONGEST_ID))
    throw refused('has no user: sub');
  return { shop, userId: sub, expiresAt: new Date(exp * 1_000) };
}

function timeOf(claims: Record<string, unknown>, claim: string): number {
  const time = claims[claim];
  if (typeof time !== 'number' || !Number.isFinite(time)) throw refused(`has no readable time: ${claim}`);
  return time;
}
