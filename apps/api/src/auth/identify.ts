import { CoreError, type Logger, openPublicKeys } from '@core/runtime';
import { identifyAsDev, type Identify } from '../rpc-context/caller.ts';
import type { Callers } from '../config.ts';
import { createCertificateCheck, type CertificateCheck } from './clients.ts';
import { createTokenCheck, type TokenCheck } from './tokens.ts';

/** @param callers from callersOf: letting all callers in requires an explicit value */
export function openIdentify(callers: Callers, log: Logger): Identify {
  if (callers === 'unauthenticated') {
    log.warn(
      'callers are not authenticated and may call every method: neither CORE_AUTH_* nor CORE_GRPC_TLS_CLIENT_CA is set',
    );
    return identifyAsDev;
  }
  const { tokens, clients } = callers;
  return createIdentify(tokens && tokenCheck(tokens, log), clients && createCertificateCheck(clients));
}

/** A token decides if the caller sends one, otherwise the certificate. */
export function createIdentify(tokens?: TokenCheck, certificates?: CertificateCheck): Identify {
  return ({ header, certificate }) => {
    const authorization = tokens && header('authorization');
    if (tokens && authorization !== undefined) return tokens(authorization);
    const peerCertificate = certificates && certificate?.();
    if (certificates && peerCertificate) return certificates(peerCertificate);
    throw new CoreError(
      'unauthenticated',
      tokens ? 'authorization: a bearer token is needed' : 'a client certificate is needed, on the gRPC port',
    );
  };
}

function tokenCheck(
  { issuer, audience, source }: NonNullable<Exclude<Callers, 'unauthenticated'>['tokens']>,
  log: Logger,
): TokenCheck {
  const keys = openPublicKeys(source, { variable: 'CORE_AUTH_JWKS', log });
  return createTokenCheck({ issuer, audience, keys });
}
