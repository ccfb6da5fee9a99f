import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIssuer } from '@core/testing';
import type { LocalSecrets } from './secrets.ts';

const LAST_S = 30 * 24 * 3_600;

export interface Tokens {
  /** The api's variables about the issuer of the tokens. */
  apiEnv: Record<string, string>;
  merchant: string;
  service: string;
}

/**
 * Issues tokens as Auth would, and writes the public key to <dir>/jwks.json. A service calls for any merchant; a
 * merchant's own token is refused for every other.
 */
export function issueTokens(dir: string, { signingKey, merchantId }: LocalSecrets): Tokens {
  const { env, token } = createIssuer(signingKey);
  const file = join(dir, 'jwks.json');
  writeFileSync(file, env.CORE_AUTH_JWKS);
  const exp = Math.floor(Date.now() / 1_000) + LAST_S;
  return {
    apiEnv: { ...env, CORE_AUTH_JWKS: file },
    merchant: token({ sub: 'dev', merchant_id: merchantId, exp }),
    service: token({ sub: 'dev-service', exp }),
  };
}
