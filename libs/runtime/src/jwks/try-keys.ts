import { errors, type CryptoKey } from 'jose';
import type { PublicKeys } from './public-keys.ts';

/**
 * The most keys that are tried for one signature. An issuer publishes two to six; each one more is 30 to 100 us that
 * anybody's forged token costs.
 */
const MOST_TRIED = 10;

/**
 * Verifies with the key that a signature names, or with each key of its algorithm while one name, or none, stands for
 * several (RFC 7515, 4.1.4: kid is optional). A signature without a kid that fits no key may be by a new one, so the
 * source is asked again, as rarely as for an unknown kid.
 * @param verify one of jose's verify functions with all but its keys
 * @throws what verify throws
 */
export async function tryKeys<T>(keys: PublicKeys, verify: (keys: PublicKeys) => Promise<T>): Promise<T> {
  let named = false;
  const find: PublicKeys = (header, token) => {
    named = header?.kid !== undefined;
    return keys(header, token);
  };
  const attempt = async (): Promise<T> => {
    try {
      return await verify(find);
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return await tryEach(error, verify);
    }
  };
  try {
    return await attempt();
  } catch (error) {
    if (named || !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    if (!(await keys.renew?.())) throw error;
    return await attempt();
  }
}

async function tryEach<T>(
  candidates: AsyncIterable<CryptoKey>,
  verify: (keys: PublicKeys) => Promise<T>,
): Promise<T> {
  let tried = 0;
  for await (const key of candidates) {
    try {
      return await verify(async () => key);
    } catch (error) {
      // Anything else that jose says is about the token and not about the key; a key that is too weak is none of these.
      const ofTheToken = error instanceof errors.JOSEError;
      if (ofTheToken && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
    if (++tried === MOST_TRIED) break;
  }
  throw new errors.JWSSignatureVerificationFailed();
}
