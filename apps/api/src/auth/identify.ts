import { CoreError, type Logger, openPublicKeys } from '@core/runtime';
import { allowDev, type Identify } from '../call/caller.ts';
import type { ApiEnv } from '../config.ts';
import { createCertificateCheck, type CertificateCheck } from './clients.ts';
import { createTokenCheck, type TokenCheck } from './tokens.ts';

type AuthEnv = Pick<
  ApiEnv,
  | 'CORE_AUTH_ISSUER'
  | 'CORE_AUTH_AUDIENCE'
  | 'CORE_AUTH_JWKS'
  | 'CORE_GRPC_TLS_CLIENT_CA'
  | 'CORE_GRPC_TLS_CLIENTS'
>;

/**
 * How callers prove who they are: by tokens, by certificates, by either. Where nothing is configured everybody is
 * `dev`; apiEnv refuses that in production.
 */
export function openIdentify(env: AuthEnv, log: Logger): Identify {
  const [tokens, certificates] = [tokensBy(env, log), certificatesBy(env)];
  if (tokens || certificates) return createIdentify(tokens, certificates);
  log.warn(
    'callers are not authenticated, everyone may do everything: neither CORE_AUTH_* nor CORE_GRPC_TLS_CLIENT_CA is set',
  );
  return allowDev;
}

/** A token decides where one is shown, else the certificate. */
export function createIdentify(tokens?: TokenCheck, certificates?: CertificateCheck): Identify {
  return ({ header, certificate }) => {
    const authorization = tokens && header('authorization');
    if (tokens && authorization !== undefined) return tokens(authorization);
    const shown = certificates && certificate?.();
    if (certificates && shown) return certificates(shown);
    throw new CoreError(
      'unauthenticated',
      tokens ? 'authorization: a bearer token is needed' : 'a client certificate is needed, on the gRPC port',
    );
  };
}

function tokensBy(env: AuthEnv, log: Logger): TokenCheck | undefined {
  const { CORE_AUTH_ISSUER: issuer, CORE_AUTH_AUDIENCE: audience, CORE_AUTH_JWKS: source } = env;
  if (!issuer || !audience || !source) return undefined;
  const keys = openPublicKeys(source, { variable: 'CORE_AUTH_JWKS', log });
  return createTokenCheck({ issuer, audience, keys });
}

const certificatesBy = (env: AuthEnv): CertificateCheck | undefined =>
  env.CORE_GRPC_TLS_CLIENT_CA ? createCertificateCheck(env.CORE_GRPC_TLS_CLIENTS) : undefined;
