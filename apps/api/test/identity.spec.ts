// tag: compliance
import { createHmac, createPublicKey, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { create, toBinary } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { Consistency, CoreService, ImportService, PrivacyService } from '@core/contracts';
import { HealthCheckRequestSchema } from '@core/contracts/grpc';
import {
  bearer,
  createIssuer,
  EVERY_SCOPE,
  grpcClient,
  jwksOf,
  newSigningKey,
  signToken,
  waitUntil,
  type GrpcClient,
} from '@core/testing';
import { SCOPES, type Scope } from '../src/rpc-context/context.ts';
import { METHODS } from '../src/methods.ts';
import { byConnect, byGrpc, outcome, sampleOf, type Call } from './identity-support.ts';
import { openLauncher } from './processes-support.ts';
import { auditOf, merchant, openApi, type TestApi } from './support.ts';

const { status } = grpc;
const core = CoreService.method;
const issuer = createIssuer();
const other = createIssuer();
const merchantId = merchant();

let api: TestApi;
let known: { merchantId: string; rfmThresholds: unknown };
beforeAll(async () => {
  api = await openApi({ env: issuer.env });
  const metadata = bearer(issuer.token());
  const { settings } = await api.rpc.unary(core.getProgramSettings, { merchantId }, { metadata });
  known = { merchantId, rfmThresholds: settings?.rfmThresholds };
});
afterAll(() => api?.stop());

const publicKey = createPublicKey({ key: issuer.key.privateKey, format: 'jwk' });
const pem = publicKey.export({ format: 'pem', type: 'spki' }) as string;

/** Returns a token signed by HMAC under a publicly known secret: the issuer's public key. */
function signedBySecret(secret: string): string {
  const [head, body] = issuer.token({}, { alg: 'HS256' }).split('.');
  return `${head}.${body}.${createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')}`;
}
const unsigned = () => {
  const [head, body] = issuer.token({}, { alg: 'none' }).split('.');
  return `${head}.${body}.`;
};
const scopesExcept = (scope: Scope) => SCOPES.filter((each) => each !== scope).join(' ');

/** Lists every way in which a call must be refused, with its headers and the expected code. */
const refusals = (scope: Scope): [what: string, headers: Record<string, string>, code: grpc.status][] => [
  ['no token', {}, status.UNAUTHENTICATED],
  ['no bearer', { authorization: 'Basic YTpi' }, status.UNAUTHENTICATED],
  ['garbage', bearer('hunter2'), status.UNAUTHENTICATED],
  ['an expired token', bearer(issuer.token({ exp: 1 })), status.UNAUTHENTICATED],
  ['a token without expiry', bearer(issuer.token({ exp: undefined })), status.UNAUTHENTICATED],
  ['another issuer', bearer(issuer.token({ iss: 'https://x.example.com' })), status.UNAUTHENTICATED],
  ['another audience', bearer(issuer.token({ aud: 'points' })), status.UNAUTHENTICATED],
  ['an unknown key', bearer(other.token()), status.UNAUTHENTICATED],
  ['a forged key id', bearer(other.token({}, { kid: issuer.key.kid })), status.UNAUTHENTICATED],
  ['alg none', bearer(unsigned()), status.UNAUTHENTICATED],
  ['HS256 of the PEM', bearer(signedBySecret(pem)), status.UNAUTHENTICATED],
  ['HS256 of the JWKS', bearer(signedBySecret(issuer.env.CORE_AUTH_JWKS)), status.UNAUTHENTICATED],
  [
    'every scope except the required one',
    bearer(issuer.token({ scope: scopesExcept(scope) })),
    status.PERMISSION_DENIED,
  ],
  ['no scope', bearer(issuer.token({ scope: '' })), status.PERMISSION_DENIED],
  ['another merchant', bearer(issuer.token({ merchant_id: merchant() })), status.PERMISSION_DENIED],
];
/** The second scope of an rpc: an export contains emails, a preview counts scores. */
const ALSO_NEEDS: Record<string, Scope> = {
  ExportCustomerData: 'customers:pii',
  PreviewProgramSettings: 'rfm:read',
};
const NO_REFUSAL: grpc.status[] = [status.UNAUTHENTICATED, status.PERMISSION_DENIED, status.INVALID_ARGUMENT];

it('lists all scopes', () => expect(EVERY_SCOPE).toBe(SCOPES.join(' ')));

const ports: [string, () => Call][] = [
  ['gRPC', () => byGrpc(api.rpc)],
  ['Connect', () => byConnect(api.url)],
  ['Connect by GET', () => byConnect(api.url, true)],
];
describe.each(ports)('on the port for %s', (_, open) => {
  it.each(METHODS.map((method) => [method.desc.name, method] as const))(
    'admits a call of %s only with the right token',
    async (_name, method) => {
      const call = open();
      const request = sampleOf(method, known);
      for (const [what, headers, code] of refusals(method.scope)) {
        const refusal = await outcome(call(method, request, headers));
        expect([what, refusal.code]).toEqual([what, code]);
        for (const part of (headers['authorization'] ?? '').split(/[ .]/).slice(1)) {
          if (part) expect(refusal.message).not.toContain(part);
        }
      }
      // The same call is admitted with exactly the required scope; it may fail because a row is missing.
      for (const merchant_id of [undefined, merchantId]) {
        const scope = [method.scope, ALSO_NEEDS[method.desc.name]].join(' ');
        const token = issuer.token({ scope, merchant_id });
        const { code, message } = await outcome(call(method, request, bearer(token)));
        expect([message, NO_REFUSAL.includes(code)]).toEqual([message, false]);
      }
    },
  );
});

describe('the CSV of import errors', () => {
  const download = (headers: Record<string, string>) =>
    fetch(`${api.url}/core.v1/import-errors.csv?merchant_id=${merchantId}&import_id=${randomUUID()}`, {
      headers,
    });

  it.each(refusals('imports:write'))('is refused with %s', async (_, headers, code) => {
    const reply = await download(headers);
    expect(reply.status).toBe(code === status.UNAUTHENTICATED ? 401 : 403);
    expect(await reply.json()).toMatchObject({ code: expect.stringMatching(/^(unauth|permission)/) });
  });

  it.each([undefined, merchantId])('is served with the scope, for merchant %s', async (merchant_id) => {
    const reply = await download(bearer(issuer.token({ scope: 'imports:write', merchant_id })));
    expect(reply.status).toBe(404); // the import is not found; the caller is admitted
  });
});

it('requires no token for a health check', async () => {
  const raw = new grpc.Client(`127.0.0.1:${api.grpcPort}`, grpc.credentials.createInsecure());
  const same = (bytes: Buffer) => bytes;
  const request = Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, {})));
  const reply = await new Promise((resolve, reject) =>
    raw.makeUnaryRequest('/grpc.health.v1.Health/Check', same, same, request, (error, bytes) =>
      error ? reject(error) : resolve(bytes),
    ),
  );
  raw.close();
  expect(reply).toEqual(Buffer.from([8, 1])); // status: SERVING
});

it('returns an email only with customers:pii, and records each disclosure with its caller', async () => {
  const shop = merchant();
  const as = (scope: string, sub: string) => ({ metadata: bearer(issuer.token({ scope, sub })) });
  const email = 'ada@example.com';
  const { customerId } = await api.rpc.unary(
    core.createCustomer,
    { merchantId: shop, email },
    as('customers:write', 'points'),
  );
  const strong = { merchantId: shop, consistency: Consistency.STRONG };
  const plain = as('customers:read', 'campaign');
  const pii = as('customers:read customers:pii', 'frontend');
  for (const [options, seen] of [
    [plain, undefined],
    [pii, email],
    [pii, email],
  ] as const) {
    const read = await api.rpc.unary(core.getCustomer, { ...strong, customerId }, options);
    const found = await api.rpc.unary(core.findCustomerByEmail, { ...strong, email }, options);
    expect([read.customer?.email, found.customer?.email]).toEqual([seen, seen]);
  }
  const named = { merchantId: shop, customerId };
  await expect(
    api.rpc.unary(PrivacyService.method.exportCustomerData, named, as('privacy:admin', 'admin')),
  ).rejects.toMatchObject({ code: grpc.status.PERMISSION_DENIED });
  expect(await auditOf(api.owner, shop)).toEqual([
    'customer.create',
    ...Array<string>(4).fill('customer.email_disclosed'),
  ]);
  const { rows } = await api.owner.query('select distinct actor from audit_log where merchant_id = $1', [
    shop,
  ]);
  expect(rows.map(({ actor }) => actor as string).sort()).toEqual(['frontend', 'points']);
});

describe('a JWKS behind a URL', () => {
  let server: Server;
  let keys = [issuer.key];
  let keyRequests = 0;
  const open = (port = 0) =>
    new Promise<number>((resolve) => {
      server = createServer((_, res) => {
        keyRequests++;
        res.setHeader('content-type', 'application/json').end(jwksOf(...keys));
      });
      server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
    });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  const read = async (rpc: GrpcClient, token: string) =>
    (await outcome(rpc.unary(core.getProgramSettings, { merchantId }, { metadata: bearer(token) }))).code;

  it('is queried for new keys, and not needed for cached ones', async () => {
    const port = await open();
    await close();
    const env = { ...issuer.env, CORE_AUTH_JWKS: `http://127.0.0.1:${port}/jwks.json` };
    const own = await openApi({ env });
    try {
      // No caller is admitted before the keys are loaded.
      expect(await read(own.rpc, issuer.token())).toBe(status.UNAVAILABLE);
      await open(port);
      const old = issuer.token();
      await waitUntil(async () => (await read(own.rpc, old)) === status.OK, { what: 'keys' });

      const next = newSigningKey();
      const { token } = createIssuer(next);
      keys = [issuer.key, next];
      await waitUntil(async () => (await read(own.rpc, token())) === status.OK, { what: 'the new key' });
      expect(await read(own.rpc, old)).toBe(status.OK);

      const before = keyRequests;
      for (let n = 0; n < 50; n++) {
        expect(await read(own.rpc, signToken(newSigningKey(), {}))).toBe(status.UNAUTHENTICATED);
      }
      expect(keyRequests - before).toBeLessThan(50);

      await close();
      for (const known of [old, token(), issuer.token()]) expect(await read(own.rpc, known)).toBe(status.OK);
    } finally {
      await own.stop();
    }
  });
});

describe('an api in production', () => {
  const production = { NODE_ENV: 'production' };

  it('does not start without authentication of its callers, with any number of processes', async () => {
    const launcher = await openLauncher();
    try {
      for (const [processes, env, named] of [
        [1, production, 'CORE_AUTH_JWKS, or CORE_GRPC_TLS_CLIENT_CA'],
        [2, production, 'CORE_AUTH_JWKS, or CORE_GRPC_TLS_CLIENT_CA'],
        [1, { CORE_AUTH_ISSUER: 'https://auth.example.com' }, 'set all of CORE_AUTH_ISSUER'],
        [1, { ...issuer.env, CORE_AUTH_JWKS: '/nowhere/jwks.json' }, 'CORE_AUTH_JWKS: there is no such file'],
      ] as const) {
        const refused = await launcher.start(processes, env);
        expect(await refused.child.exited).toBe('exit code 1');
        expect(refused.log()).toContain(named);
      }
    } finally {
      await launcher.close();
    }
  });

  it('requires tokens in each of its processes; in development it logs that it requires none', async () => {
    const launcher = await openLauncher();
    try {
      const authenticated = await launcher.launch(2, { ...production, ...issuer.env });
      const open = await launcher.launch(1);
      const request = { merchantId };
      const list = ImportService.method.listImportSchedules;
      for (let n = 0; n < 10; n++) {
        const rpc = grpcClient(`127.0.0.1:${authenticated.grpcPort}`);
        expect((await outcome(rpc.unary(list, request))).code).toBe(status.UNAUTHENTICATED);
        await rpc.unary(list, request, { metadata: bearer(issuer.token()) });
        rpc.close();
      }
      expect(authenticated.log()).not.toContain('not authenticated');
      expect(open.log()).toContain('callers are not authenticated');
      expect(open.log().split('callers are not authenticated').length).toBe(2);
    } finally {
      await launcher.close();
    }
  });
});
