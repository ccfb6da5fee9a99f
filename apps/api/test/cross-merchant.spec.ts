// tag: compliance
import { randomInt } from 'node:crypto';
import { CoreService } from '@core/contracts';
import { integer, readEnv } from '@core/runtime';
import { bearer, createIssuer } from '@core/testing';
import { METHODS } from '../src/methods.ts';
import { fuzzMerchants } from './cross-merchant-fuzz.ts';
import { buildWorld } from './cross-merchant-world.ts';
import { byConnect, byGrpc } from './identity-support.ts';
import { openApi, type TestApi } from './support.ts';

/** Takes a minute on two busy cores; for more calls: CORE_FUZZ_CALLS=100000 npm test -- cross-merchant */
const { CORE_FUZZ_CALLS: CALLS } = readEnv({
  CORE_FUZZ_CALLS: integer({ doc: 'forged calls', default: 20_000, min: 1_000 }),
});
const MERCHANTS = 6;

const issuer = createIssuer();
let api: TestApi;
beforeAll(async () => void (api = await openApi({ env: issuer.env })));
afterAll(() => api?.stop());

/** Codes of the Connect protocol by HTTP status. */
const CODES: Record<number, number> = { 400: 3, 401: 16, 403: 7, 404: 5, 429: 8, 503: 14 };

async function download(merchantId: string, importId: string, headers: Record<string, string>) {
  const query = new URLSearchParams({ merchant_id: merchantId, import_id: importId });
  const reply = await fetch(`${api.url}/core.v1/import-errors.csv?${query}`, { headers });
  const text = await reply.text();
  if (reply.ok) return text;
  throw Object.assign(new Error(text), { code: CODES[reply.status] ?? 13 });
}

it('neither shows nor changes data of another merchant for forged ids, tokens and page tokens', async () => {
  const seed = randomInt(2 ** 31);
  process.stdout.write(`seed of the forged calls: ${seed}\n`);
  const world = await buildWorld(api, issuer, MERCHANTS);
  const { merchantId } = world.merchants[0]!;
  const metadata = bearer(world.token);
  const { settings } = await api.rpc.unary(
    CoreService.method.getProgramSettings,
    { merchantId },
    { metadata },
  );
  const findings = await fuzzMerchants({
    world,
    issuer,
    ports: [byGrpc(api.rpc), byGrpc(api.rpc), byGrpc(api.rpc), byConnect(api.url), byConnect(api.url, true)],
    download,
    rfmThresholds: settings?.rfmThresholds,
    calls: CALLS,
    seed,
  });
  expect(findings.leaks).toEqual([]);

  // No call for one merchant has written data of another one.
  const { rows } = await api.owner.query(
    `select 'customers' as place, id::text from customers where metadata ->> 'by' <> merchant_id::text
       union all
       select 'audit_log', id::text from audit_log
        where actor like 'of %' and actor <> 'of ' || merchant_id
       union all
       select 'schedules', shop from import_schedules where position(merchant_id::text in shop) = 0`,
  );
  expect(rows).toEqual([]);

  // The calls cover the cases that this test is about.
  expect([...findings.outcomes.values()].reduce((sum, n) => sum + n, 0)).toBe(CALLS);
  expect(findings.forged).toBeGreaterThan(CALLS / 10);
  for (const { desc } of METHODS) {
    const codes = [...findings.outcomes.keys()].filter((key) => key.startsWith(`${desc.name} `));
    expect(codes).toContain(`${desc.name} 7`);
    expect(codes).toContain(`${desc.name} 16`);
  }
  expect(findings.outcomes.get('GetCustomer 0')).toBeGreaterThan(0);
  expect(findings.outcomes.get('GetCustomer 5')).toBeGreaterThan(0);
  expect(findings.outcomes.get('import-errors.csv 0')).toBeGreaterThan(0);
}, 1_800_000);
