import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { CoreService } from '@core/contracts';
import { startStack, type Stack } from '@core/stack';
import { grpcClient, untilReplayed, waitUntil, whenReady, type Postgres } from '@core/testing';

const LIMIT_MS = 180_000;
const MERCHANT = randomUUID().replace(/^f/, 'e');
let stack: Stack;
let postgres: Postgres;
let count = 0;

beforeAll(async () => {
  stack = await startStack({ postgres: { replicas: 1 }, auth: {} });
  ({ postgres } = stack);
}, 300_000);
afterAll(() => stack?.stop(), 300_000);

/** Starts an API with the primary and, by default, its replica. */
async function launchApi({ processes = 1, replica = true } = {}) {
  const { child, target, adminUrl } = await stack.launch('api', {
    name: `api-${count++}`,
    env: { CORE_API_PROCESSES: String(processes), ...(!replica && { CORE_DB_REPLICAS: '' }) },
  });
  const fetchAdmin = (path: string) => fetch(`${adminUrl}${path}`);
  const rpc = grpcClient(target);
  return {
    child,
    rpc,
    fetchAdmin,
    status: async (path: string) => (await fetchAdmin(path)).status,
    writesReady: async () =>
      /^core_writes_ready\{.*\} (\d)$/m.exec(await (await fetchAdmin('/metrics')).text())?.[1],
    async stop() {
      rpc.close();
      await child.kill();
    },
  };
}
type Api = Awaited<ReturnType<typeof launchApi>>;

const untilTrue = (what: string, holds: () => Promise<boolean>) =>
  waitUntil(holds, { what, limitMs: LIMIT_MS });
const readsScore = (api: Api) =>
  api.rpc.unary(CoreService.method.getCustomerRFM, { merchantId: MERCHANT, customerId: randomUUID() }).then(
    () => 'found',
    ({ details }: { details: string }) => details,
  );
const ready = (api: Api) => whenReady(api.child, async () => (await api.fetchAdmin('/readyz')).ok);

describe.each([1, 2])('an api with %i processes', (processes) => {
  it('is ready for reads, but not for writes, while the primary is down and a replica answers', async () => {
    const api = await launchApi({ processes });
    const alone = await launchApi({ replica: false });
    await Promise.all([ready(api), ready(alone)]);
    expect(await api.status('/readyz?for=writes')).toBe(200);
    expect(await api.writesReady()).toBe('1');

    await postgres.primary.child.stop();
    await untilTrue(
      '/readyz?for=writes to fail',
      async () => (await api.status('/readyz?for=writes')) === 503,
    );
    expect(await (await api.fetchAdmin('/readyz?for=writes')).json()).toMatchObject({ failed: ['writes'] });
    await untilTrue('core_writes_ready to be 0', async () => (await api.writesReady()) === '0');
    expect(await api.status('/readyz')).toBe(200);
    expect(await readsScore(api)).toBe('customer not found');
    // Without replicas the API reads from the primary.
    await untilTrue(
      '/readyz of the api without replicas to fail',
      async () => (await alone.status('/readyz')) === 503,
    );

    // An API that starts during the outage serves reads, too.
    const late = await launchApi({ processes });
    await ready(late);
    expect(await readsScore(late)).toBe('customer not found');
    expect(await late.status('/readyz?for=writes')).toBe(503);

    await postgres.primary.restart();
    for (const each of [api, alone, late]) {
      await untilTrue(
        'writes to be ready again',
        async () => (await each.status('/readyz?for=writes')) === 200,
      );
      expect(await each.status('/readyz')).toBe(200);
    }
    await Promise.all([api, alone, late].map((each) => each.stop()));
  }, 600_000);
});

it('serves with a newer schema that permits this build, and refuses one that does not', async () => {
  const owner = new Client(postgres.primary.url);
  await owner.connect();
  const { rows } = await owner.query<{ newest: string }>(
    'select max(created_at) as newest from schema_migrations',
  );
  const newest = Number(rows[0]!.newest);
  const apply = (when: number, oldestBuild: number | null) =>
    owner.query('insert into schema_migrations (hash, created_at, oldest_build) values ($1, $2, $3)', [
      'spec',
      when,
      oldestBuild,
    ]);
  const api = await launchApi();
  await ready(api);
  await apply(newest + 1, newest);
  await untilReplayed(owner, postgres.replicas[0]!.adminUrl);
  for (let n = 0; n < 5; n++) expect(await api.status('/readyz')).toBe(200);
  const another = await launchApi();
  await ready(another);

  await apply(newest + 2, null);
  await untilTrue('/readyz to fail', async () => (await api.status('/readyz')) === 503);
  const late = await launchApi();
  expect(await late.child.exited).toBe('exit code 1');
  await owner.query('delete from schema_migrations where created_at > $1', [newest]);
  await Promise.all([owner.end(), api.stop(), another.stop(), late.stop()]);
}, 600_000);

it('refuses an unknown purpose', async () => {
  const api = await launchApi();
  await ready(api);
  const reply = await api.fetchAdmin('/readyz?for=wirtes');
  expect([reply.status, await reply.json()]).toEqual([400, { error: 'for: must be one of reads, writes' }]);
  await api.stop();
}, 300_000);
