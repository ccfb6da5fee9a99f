import { replicasEnv } from '@core/reads';
import {
  assertRule,
  flag,
  integer,
  keySource,
  needs,
  oneOf,
  optionalText,
  origins,
  port,
  text,
  together,
  url,
  withRules,
  type Env,
  type EnvRule,
  type KeySource,
  type Variable,
} from '@core/runtime';
import { serviceEnv } from '@core/service';
import { shopifyAppEnv, shopifyEnv } from '@core/shopify';
import { parseClients } from './auth/clients.ts';
import type { Caller } from './rpc-context/context.ts';
import { grpcCredentials } from './grpc/tls.ts';
import { quotaEnv } from './quotas/quota.ts';

/** Address of Auth: the target of a gRPC channel. */
export interface AuthAddress {
  target: string;
  tls: boolean;
}

const authUrl = text({ doc: 'Auth, host:port or http(s)://host:port', default: 'localhost:50061' });

const authAddress: Variable<AuthAddress> = {
  ...authUrl,
  parse: (raw) => {
    const value = authUrl.parse(raw);
    const [, scheme, target] =
      /^(?:(https?):\/\/)?([\w.-]+:\d{1,5}|\[[\da-f:]+\]:\d{1,5})\/?$/i.exec(value) ?? [];
    if (!target) throw new Error('must be host:port or http(s)://host:port');
    return { target, tls: scheme?.toLowerCase() === 'https' };
  },
};

const clients: Variable<readonly Caller[]> = {
  doc: "clients by their certificate's URI or CN: name=scope scope;name=scope",
  example: 'points=rfm:read customers:read;spiffe://example.com/campaign=rfm:read',
  secret: false,
  parse: (raw) => (raw === undefined ? [] : parseClients(raw)),
};

const variables = {
  ...serviceEnv(9_101),
  ...replicasEnv,
  CORE_GRPC_PORT: port({ doc: 'gRPC', default: 50_051 }),
  CORE_GRPC_CONNECTION_AGE: integer({
    doc: 'seconds after which a gRPC client must reconnect, plus or minus a tenth',
    default: 300,
    min: 1,
    max: 86_400,
  }),
  CORE_GRPC_TLS_CERT: optionalText({
    doc: 'PEM file of the certificate of the gRPC port, with its chain; empty: no TLS',
    example: '/etc/core/tls.crt',
  }),
  CORE_GRPC_TLS_KEY: optionalText({
    doc: 'PEM file of the private key of CORE_GRPC_TLS_CERT',
    example: '/etc/core/tls.key',
  }),
  CORE_GRPC_TLS_CLIENT_CA: optionalText({
    doc: 'PEM file of the authority that signs client certificates; if set, each client must present one',
    example: '/etc/core/clients.crt',
  }),
  CORE_GRPC_TLS_CLIENTS: clients,
  CORE_AUTH_ISSUER: optionalText({ doc: 'issuer of tokens', example: 'https://auth.example.com' }),
  CORE_AUTH_AUDIENCE: optionalText({ doc: 'audience of tokens', example: 'core' }),
  CORE_AUTH_JWKS: keySource({
    doc: 'public keys of tokens: the URL of a JWKS, a file, or the JWKS itself',
    example: 'https://auth.example.com/.well-known/jwks.json',
  }),
  CORE_HTTP_PORT: port({ doc: 'Connect, gRPC-Web, JSON and webhooks', default: 8_080 }),
  CORE_API_PROCESSES: integer({
    doc: 'processes behind the ports; 0: one per core; 1: no supervisor',
    default: 0,
    max: 256,
  }),
  ...quotaEnv,
  AUTH_GRPC_URL: authAddress,
  CORE_CORS_ORIGINS: origins({
    doc: 'origins of web pages that may call the HTTP port',
    default: [],
    example: 'https://admin.example.com',
  }),
  ...shopifyEnv,
  ...shopifyAppEnv,
  SHOPIFY_DISTRIBUTION: oneOf(['public', 'custom'], {
    doc: 'public: access tokens must expire, as Shopify requires; custom: an app of one merchant, which may have one that does not',
    default: 'public',
  }),
  CORE_CONSOLE_DIR: optionalText({
    doc: 'folder of the built console, which is served at /console; empty: it is not served',
    example: '/app/console',
  }),
  CORE_SIGNUP_URL: url({
    doc: 'page on which a merchant signs up; shown in a shop that belongs to no merchant',
    default: '',
    example: 'https://www.example.com/signup',
    schemes: ['https', 'http'],
  }),
  CORE_REFLECTION: flag({ doc: 'gRPC reflection, for development', default: false }),
};

const tokensComplete = together('CORE_AUTH_ISSUER', 'CORE_AUTH_AUDIENCE', 'CORE_AUTH_JWKS');
const clientIdNeedsSecret = needs('SHOPIFY_CLIENT_ID', 'SHOPIFY_CLIENT_SECRET');
const clientsNeedAuthority = needs('CORE_GRPC_TLS_CLIENTS', 'CORE_GRPC_TLS_CLIENT_CA');

const authenticationInProduction: EnvRule = (given) =>
  given('NODE_ENV') !== 'production' || given('CORE_AUTH_ISSUER') || given('CORE_GRPC_TLS_CLIENT_CA')
    ? undefined
    : 'in production callers must be authenticated: set CORE_AUTH_ISSUER, CORE_AUTH_AUDIENCE and CORE_AUTH_JWKS, or ' +
      'CORE_GRPC_TLS_CLIENT_CA and CORE_GRPC_TLS_CLIENTS';

/**
 * Reads the TLS files as the gRPC port does. Without this check grpc-js would listen and drop every
 * connection.
 */
const tlsFilesValid: EnvRule = (given) => {
  try {
    grpcCredentials({
      CORE_GRPC_TLS_CERT: given('CORE_GRPC_TLS_CERT'),
      CORE_GRPC_TLS_KEY: given('CORE_GRPC_TLS_KEY'),
      CORE_GRPC_TLS_CLIENT_CA: given('CORE_GRPC_TLS_CLIENT_CA'),
    });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};

export const apiEnv = withRules(
  variables,
  tokensComplete,
  clientsNeedAuthority,
  clientIdNeedsSecret,
  tlsFilesValid,
  authenticationInProduction,
);

export type ApiEnv = Env<typeof apiEnv>;

/** How callers authenticate: by tokens, by certificates or by either; 'unauthenticated' admits every call. */
export type Callers =
  | 'unauthenticated'
  | {
      tokens: { issuer: string; audience: string; source: KeySource } | undefined;
      clients: readonly Caller[] | undefined;
    };

type CallersEnv = Pick<
  ApiEnv,
  | 'CORE_AUTH_ISSUER'
  | 'CORE_AUTH_AUDIENCE'
  | 'CORE_AUTH_JWKS'
  | 'CORE_GRPC_TLS_CLIENT_CA'
  | 'CORE_GRPC_TLS_CLIENTS'
  | 'NODE_ENV'
>;

/**
 * @throws EnvError when callers cannot authenticate and unauthenticated calls are not permitted; also for an
 *   env that readEnv did not check
 */
export function callersOf(env: CallersEnv): Callers {
  for (const rule of [tokensComplete, clientsNeedAuthority, authenticationInProduction])
    assertRule(rule, env);
  const { CORE_AUTH_ISSUER: issuer, CORE_AUTH_AUDIENCE: audience, CORE_AUTH_JWKS: source } = env;
  const tokens = issuer && audience && source ? { issuer, audience, source } : undefined;
  const clients = env.CORE_GRPC_TLS_CLIENT_CA ? env.CORE_GRPC_TLS_CLIENTS : undefined;
  return tokens || clients ? { tokens, clients } : 'unauthenticated';
}
