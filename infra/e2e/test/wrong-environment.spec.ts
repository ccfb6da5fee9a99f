// tag: compliance
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { fromSources } from '@core/testing';

const SHORT_KEY = `k1:${Buffer.alloc(16).toString('base64')}`;

const cases: [what: string, args: string[], env: Record<string, string>, named: string[]][] = [
  [
    'the api',
    ['apps/api/src/main.ts'],
    {
      NODE_ENV: 'production',
      CORE_DB_PORT: 'x',
      CORE_ENCRYPTION_KEYS: SHORT_KEY,
      CORE_AUTH_ISSUER: 'https://auth.example.com',
      CORE_AUTH_JWKS: '/nowhere/jwks.json',
      CORE_GRPC_TLS_CERT: '/nowhere/tls.crt',
      CORE_GRPC_TLS_CLIENTS: 'points=rfm:read',
    },
    [
      'CORE_DB_PORT: must be a whole number from 1 to 65535',
      'CORE_DB_USER: is required',
      'CORE_DB_PASSWORD: is required',
      'CORE_ENCRYPTION_KEYS: key k1 must have 32 bytes, but has 16',
      'CORE_AUTH_JWKS: there is no such file, or it is not a JWKS',
      'set all of CORE_AUTH_ISSUER, CORE_AUTH_AUDIENCE and CORE_AUTH_JWKS, or none',
      'CORE_GRPC_TLS_CLIENTS needs CORE_GRPC_TLS_CLIENT_CA',
      'TLS on the gRPC port needs both CORE_GRPC_TLS_CERT and CORE_GRPC_TLS_KEY',
    ],
  ],
  [
    'the api in production without callers',
    ['apps/api/src/main.ts'],
    { NODE_ENV: 'production', CORE_HTTP_PORT: '-1' },
    ['CORE_HTTP_PORT: must be', 'in production callers must be authenticated: set CORE_AUTH_ISSUER'],
  ],
  [
    'the worker',
    ['apps/worker/src/main.ts'],
    {
      NODE_ENV: 'production',
      CORE_ENCRYPTION_KEYS: 'hunter2',
      KAFKA_BROKER: 'kafka',
      RFM_UNKNOWN_WAIT: 'long',
    },
    [
      'CORE_DB_USER: is required',
      'CORE_ENCRYPTION_KEYS: must have the form id:base64,id:base64',
      'KAFKA_BROKER: must be host:port,host:port',
      'RFM_UNKNOWN_WAIT: must be',
      'records of gdpr_request.created must be signed: set CORE_EVENTS_JWKS',
      'CORE_DB_SEALER_PASSWORD: is required in production',
    ],
  ],
  [
    'the importer',
    ['apps/importer/src/main.ts'],
    { CORE_ENCRYPTION_KEYS: 'hunter2', REDIS_URL: 'nowhere', SHOPIFY_CLIENT_ID: 'app' },
    [
      'CORE_DB_USER: is required',
      'CORE_ENCRYPTION_KEYS: must have the form id:base64,id:base64',
      'REDIS_URL: must be a URL',
      'SHOPIFY_CLIENT_ID needs SHOPIFY_CLIENT_SECRET',
    ],
  ],
  [
    'ops with the database and Kafka',
    ['apps/ops/src/main.ts', 'dlq', 'list'],
    { KAFKA_BROKER: 'kafka', CORE_DB_PORT: 'x' },
    ['CORE_DB_USER: is required', 'CORE_DB_PORT: must be', 'KAFKA_BROKER: must be host:port,host:port'],
  ],
  [
    'ops with the database and the keyring',
    ['apps/ops/src/main.ts', 'keys', 'rotate'],
    { CORE_ENCRYPTION_KEYS: 'hunter2', CORE_DB_PORT: 'x' },
    ['CORE_DB_USER: is required', 'CORE_ENCRYPTION_KEYS: must have the form id:base64,id:base64'],
  ],
];

const run = ([main = '', ...words]: string[], env: Record<string, string>) =>
  new Promise<{ code: unknown; said: string }>((resolve) => {
    const sources = fromSources(main, ...words);
    execFile(process.execPath, sources.args, { env: { ...sources.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, said: stdout + stderr }),
    );
  });
const STACK = /"stack"| {4}at /;

it.each(cases)(
  '%s reports every problem at once, without a stack trace, and exits with 1',
  async (_, args, env, named) => {
    const { code, said } = await run(args, env);
    expect(code).toBe(1);
    for (const each of named) expect(said).toContain(each);
    expect(said.match(/wrong environment/g)).toHaveLength(1);
    expect(said).not.toMatch(STACK);
    expect(said).not.toContain('hunter2');
  },
);

it.each(['worker', 'importer'])('the %s names a taken port without a stack trace', async (app) => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  const { port } = holder.address() as AddressInfo;
  const { code, said } = await run([`apps/${app}/src/main.ts`], {
    CORE_DB_USER: 'core_spec',
    CORE_DB_PASSWORD: 'spec',
    CORE_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
    CORE_LISTEN_HOST: '127.0.0.1',
    CORE_ADMIN_PORT: String(port),
  });
  holder.close();
  expect(said).toContain(`port ${port} is taken; set CORE_ADMIN_PORT to a free one`);
  expect([code, STACK.exec(said)?.[0]]).toEqual([1, undefined]);
});
