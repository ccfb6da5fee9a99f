import { LRUCache } from 'lru-cache';
import { decodeProtectedHeader } from 'jose';
import { CoreError, type Logger, openPublicKeys } from '@core/runtime';
import { identifyAsDev, type Identify } from '../rpc-context/caller.ts';
import type { Callers } from '../config.ts';
import { createCertificateCheck, type CertificateCheck } from './clients.ts';
import { CONSOLE_TOKEN } from './console-tokens.ts';
import type { SessionCallers } from './session-callers.ts';
import { createTokenCheck, type TokenCheck } from './tokens.ts';

/**
 * @param callers from callersOf: letting all callers in requires an explicit value
 * @param sessions undefined when the app's credentials are not configured
 */
export function openIdentify(callers: Callers, sessions: SessionCallers | undefined, log: Logger): Identify {
  if (callers === 'unauthenticated') {
    log.warn(
      'callers are not authenticated and may call every method: neither CORE_AUTH_* nor CORE_GRPC_TLS_CLIENT_CA is set',
    );
    return sessions ? withSessions(sessions, identifyAsDev) : identifyAsDev;
  }
  const { tokens, clients } = callers;
  const services = createIdentify(
    tokens && tokenCheck(tokens, log),
    clients && createCertificateCheck(clients),
  );
  return sessions ? withSessions(sessions, services) : services;
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

/**
 * Adds the users of shops. Their session tokens are signed with HS256, the tokens of services never: a secret
 * that both sides know is no proof of an issuer. The algorithm decides, so neither check ever sees a token of
 * the other kind. A console token is no JWT.
 */
export function withSessions(sessions: SessionCallers, services: Identify): Identify {
  return (credentials) => {
    const token = userTokenIn(credentials.header('authorization'));
    return token === undefined ? services(credentials) : sessions(token);
  };
}

/** Algorithms by the first part of a token: parsing it for each call would cost as much as the rest. */
const algorithms = new LRUCache<string, string>({ max: 1_000 });
/** The first part of a token that is remembered. */
const LONGEST_HEADER = 1_000;

function userTokenIn(authorization: string | undefined): string | undefined {
  const [, token, first = ''] = /^bearer +(([\w-]+)\.\S*)$/i.exec(authorization ?? '') ?? [];
  if (token === undefined) return undefined;
  return first === CONSOLE_TOKEN || algorithmIn(first) === 'HS256' ? token : undefined;
}

function algorithmIn(header: string): string {
  if (header.length > LONGEST_HEADER) return '';
  let algorithm = algorithms.get(header);
  if (algorithm === undefined) algorithms.set(header, (algorithm = readAlgorithm(header)));
  return algorithm;
}

function readAlgorithm(header: string): string {
  try {
    return decodeProtectedHeader(`${header}..`).alg ?? '';
  } catch {
    // The check of service tokens refuses it with a reason.
    return '';
  }
}

function tokenCheck(
  { issuer, audience, source }: NonNullable<Exclude<Callers, 'unauthenticated'>['tokens']>,
  log: Logger,
): TokenCheck {
  const keys = openPublicKeys(source, { variable: 'CORE_AUTH_JWKS', log });
  return createTokenCheck({ issuer, audience, keys });
}
