import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createIssuer } from '@core/testing';
import type { LocalSecrets } from './secrets.ts';

const LAST_S = 30 * 24 * 3_600;

export interface Tokens {
  /** The environment variables with which the api accepts the issuer of the tokens. */
  apiEnv: Record<string, string>;
  merchant: string;
  service: string;
}

/**
 * Issues tokens in place of Auth, and writes the public key to <dir>/jwks.json. The service token is valid
 * for any merchant. The merchant token is refused for every other merchant.
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
