// tag: compliance
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { CoreService } from '@core/contracts';
import {
  bearer,
  createIssuer,
  grpcClient,
  makeCertificate,
  type Certificate,
  type GrpcClient,
} from '@core/testing';
import { byConnect, outcome, sampleOf } from './identity-support.ts';
import { METHODS } from '../src/methods.ts';
import { openLauncher } from './processes-support.ts';
import { merchant, openApi, type TestApi } from './support.ts';

const { status } = grpc;
const core = CoreService.method;
const issuer = createIssuer();
const merchantId = merchant();
const POINTS = 'spiffe://example.com/points';

let dir: string;
let server: Certificate;
let authority: Certificate;
let tls: NodeJS.ProcessEnv;
/** Certificates of clients by name. */
const certificates: Record<string, Certificate> = {};

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'core-mtls-'));
  chmodSync(dir, 0o700);
  server = await makeCertificate(dir, 'server', { names: ['DNS:localhost'] });
  authority = await makeCertificate(dir, 'authority', { cn: 'clients' });
  const otherAuthority = await makeCertificate(dir, 'other-authority', { cn: 'clients' });
  const make = async (name: string, cn: string, names: string[] = [], by = authority) =>
    (certificates[name] = await makeCertificate(dir, name, { cn, names, by }));
  await make('points', 'whoever', [`URI:${POINTS}`, 'DNS:points.example.com']);
  await make('frontend', 'frontend');
  await make('nobody', 'nobody');
  await make('forged', 'frontend', [], otherAuthority);
  tls = {
    CORE_GRPC_TLS_CERT: server.certificate,
    CORE_GRPC_TLS_KEY: server.key,
    CORE_GRPC_TLS_CLIENT_CA: authority.certificate,
    CORE_GRPC_TLS_CLIENTS: `${POINTS}=rfm:read;frontend=customers:read settings:write`,
  };
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Creates a client that trusts the server and presents a certificate, or none. */
function client(port: number, name?: string): GrpcClient {
  const presented = name === undefined ? undefined : certificates[name];
  const files =
    presented &&
    ([presented.key, presented.certificate].map((file) => readFileSync(file)) as [Buffer, Buffer]);
  const credentials = grpc.credentials.createSsl(readFileSync(server.certificate), ...(files ?? []));
  // By name: Node refuses an IP address as the server name of TLS.
  return grpcClient(`localhost:${port}`, { credentials });
}

/** Reads the settings once, for which frontend has the scope. @returns the code */
async function read(port: number, name?: string, headers: Record<string, string> = {}): Promise<grpc.status> {
  const rpc = client(port, name);
  const call = rpc.unary(core.getProgramSettings, { merchantId }, { metadata: headers, timeoutMs: 60_000 });
  const { code } = await outcome(call);
  rpc.close();
  return code;
}

async function withApi(env: NodeJS.ProcessEnv, work: (api: TestApi) => Promise<void>): Promise<void> {
  const api = await openApi({ env });
  try {
    await work(api);
  } finally {
    await api.stop();
  }
}

it('identifies clients by certificates, each with its scopes', () =>
  withApi(tls, async ({ grpcPort, url }) => {
    expect(await read(grpcPort, 'frontend')).toBe(status.OK);
    expect(await read(grpcPort, 'points')).toBe(status.PERMISSION_DENIED);
    expect(await read(grpcPort, 'nobody')).toBe(status.UNAUTHENTICATED);
    // These connections end in their handshake.
    expect(await read(grpcPort, 'forged')).toBe(status.UNAVAILABLE);
    expect(await read(grpcPort)).toBe(status.UNAVAILABLE);
    // A token does not help, because token authentication is not configured.
    expect(await read(grpcPort, 'nobody', bearer(issuer.token()))).toBe(status.UNAUTHENTICATED);

    const rpc = client(grpcPort, 'points');
    for (let n = 0; n < 3; n++) {
      await rpc.unary(core.batchGetCustomerRFM, { merchantId, customerIds: [merchantId] });
    }
    rpc.close();
    // The HTTP port has no certificates, so no caller is admitted there.
    for (const method of METHODS) {
      const refusal = await outcome(byConnect(url)(method, sampleOf(method, { merchantId }), {}));
      expect([method.desc.name, refusal.code]).toEqual([method.desc.name, status.UNAUTHENTICATED]);
    }
  }));

it('requires a certificate with tokens configured, too, and prefers a token if there is one', () =>
  withApi({ ...tls, ...issuer.env }, async ({ grpcPort, url }) => {
    expect(await read(grpcPort, 'frontend')).toBe(status.OK);
    expect(await read(grpcPort, 'nobody', bearer(issuer.token()))).toBe(status.OK);
    expect(await read(grpcPort, 'frontend', bearer(issuer.token({ scope: 'rfm:read' })))).toBe(
      status.PERMISSION_DENIED,
    );
    expect(await read(grpcPort, 'frontend', bearer(createIssuer().token()))).toBe(status.UNAUTHENTICATED);
    expect(await read(grpcPort, 'nobody')).toBe(status.UNAUTHENTICATED);
    expect(await read(grpcPort, undefined, bearer(issuer.token()))).toBe(status.UNAVAILABLE);
    const method = METHODS.find(({ desc }) => desc === core.getProgramSettings)!;
    const token = bearer(issuer.token());
    expect((await outcome(byConnect(url)(method, { merchantId }, token))).code).toBe(status.OK);
    expect((await outcome(byConnect(url)(method, { merchantId }, {}))).code).toBe(status.UNAUTHENTICATED);
  }));

it('requires no client certificate without an authority', () => {
  const { CORE_GRPC_TLS_CERT, CORE_GRPC_TLS_KEY } = tls;
  return withApi({ CORE_GRPC_TLS_CERT, CORE_GRPC_TLS_KEY, ...issuer.env }, async ({ grpcPort, rpc }) => {
    expect(await read(grpcPort, undefined, bearer(issuer.token()))).toBe(status.OK);
    expect(await read(grpcPort)).toBe(status.UNAUTHENTICATED);
    expect(await read(grpcPort, 'frontend')).toBe(status.UNAUTHENTICATED);
    // Plaintext is refused.
    expect((await outcome(rpc.unary(core.getProgramSettings, { merchantId }))).code).toBe(status.UNAVAILABLE);
  });
});

it('serves several processes in production, and names the variable of an invalid file', async () => {
  const launcher = await openLauncher();
  try {
    const production = { ...tls, NODE_ENV: 'production' };
    const api = await launcher.launch(2, production);
    for (let n = 0; n < 10; n++) {
      expect(await read(api.grpcPort, 'frontend')).toBe(status.OK);
      expect(await read(api.grpcPort, 'nobody')).toBe(status.UNAUTHENTICATED);
      expect(await read(api.grpcPort)).toBe(status.UNAVAILABLE);
    }
    const other = certificates['nobody']!;
    for (const [change, named] of [
      [{ CORE_GRPC_TLS_KEY: '' }, 'needs both CORE_GRPC_TLS_CERT and CORE_GRPC_TLS_KEY'],
      [{ CORE_GRPC_TLS_CERT: '/nowhere' }, 'CORE_GRPC_TLS_CERT: the file cannot be read'],
      [{ CORE_GRPC_TLS_KEY: other.key }, 'CORE_GRPC_TLS_CERT, CORE_GRPC_TLS_KEY: must be PEM'],
      [{ CORE_GRPC_TLS_CLIENTS: 'frontend=root' }, 'CORE_GRPC_TLS_CLIENTS: must be name=scope'],
      [{ CORE_GRPC_TLS_CLIENT_CA: '' }, 'CORE_GRPC_TLS_CLIENTS needs CORE_GRPC_TLS_CLIENT_CA'],
    ] as const) {
      const refused = await launcher.start(1, { ...production, ...change });
      expect(await refused.child.exited).toBe('exit code 1');
      expect(refused.log()).toContain(named);
    }
  } finally {
    await launcher.close();
  }
});
