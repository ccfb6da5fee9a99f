import { errors, type CryptoKey } from 'jose';
import type { PublicKeys } from './public-keys.ts';

/**
 * The maximum number of keys tried for one signature. An issuer publishes two to six; each further key adds
 * 30 to 100 us to the cost of a forged token.
 */
const MAX_TRIED = 10;

/**
 * Verifies with the key that a signature names. If the name is missing or belongs to several keys, it tries
 * each key of the algorithm (RFC 7515, 4.1.4: kid is optional). A signature without a kid that matches no key
 * may be by a new key, so the source is queried again, as rarely as for an unknown kid.
 * @param verify one of jose's verify functions with all arguments but the keys
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
      // All other errors of jose concern the token and not the key. The error for a key that is too weak is
      // not a JOSEError.
      const ofTheToken = error instanceof errors.JOSEError;
      if (ofTheToken && !(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
    if (++tried === MAX_TRIED) break;
  }
  throw new errors.JWSSignatureVerificationFailed();
}
