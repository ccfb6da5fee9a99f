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
  | 'NODE_ENV'
>;

/**
 * How callers prove who they are: by tokens, by certificates, by either. Where nothing is configured everybody is
 * `dev`, but not in production.
 * @throws Error naming the variables to set
 */
export async function openIdentify(env: AuthEnv, log: Logger): Promise<Identify> {
  const [tokens, certificates] = [await tokensBy(env, log), certificatesBy(env)];
  if (tokens || certificates) return createIdentify(tokens, certificates);
  if (env.NODE_ENV === 'production') {
    throw new Error(
      'in production callers must be authenticated: set CORE_AUTH_ISSUER, CORE_AUTH_AUDIENCE and CORE_AUTH_JWKS, or CORE_GRPC_TLS_CLIENT_CA and CORE_GRPC_TLS_CLIENTS',
    );
  }
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

async function tokensBy(env: AuthEnv, log: Logger): Promise<TokenCheck | undefined> {
  const { CORE_AUTH_ISSUER: issuer, CORE_AUTH_AUDIENCE: audience, CORE_AUTH_JWKS: source } = env;
  if (!issuer && !audience && !source) return undefined;
  if (!issuer || !audience || !source) {
    throw new Error('set all of CORE_AUTH_ISSUER, CORE_AUTH_AUDIENCE and CORE_AUTH_JWKS, or none');
  }
  const keys = await openPublicKeys(source, { variable: 'CORE_AUTH_JWKS', log });
  return createTokenCheck({ issuer, audience, keys });
}

function certificatesBy(env: AuthEnv): CertificateCheck | undefined {
  const { CORE_GRPC_TLS_CLIENT_CA: authority, CORE_GRPC_TLS_CLIENTS: clients } = env;
  if (authority) return createCertificateCheck(clients);
  if (clients.length === 0) return undefined;
  throw new Error('CORE_GRPC_TLS_CLIENTS needs CORE_GRPC_TLS_CLIENT_CA');
}
