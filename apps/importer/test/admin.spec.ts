import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Redis } from 'ioredis';
import { createLogger, Registry, startAdminServer, type AdminServer } from '@core/runtime';
import { anImportId, aMerchantId, freePort, startRedis, waitUntil, workspaceRoot } from '@core/testing';
import { createQueuesView, QUEUES_PATH } from '../src/admin/queues-view.ts';
import { createPageJobs, jobId, PAGES_QUEUE, type PageJobs } from '../src/queues.ts';
import { connectRedis, type RedisConnections } from '../src/redis.ts';
import { createSchedulerJobs, SCHEDULES_QUEUE, type SchedulerJobs } from '../src/schedules/scheduler-jobs.ts';
import { redisUrl } from './support.ts';

const REDIS_DATABASE = 8;
const ref = { merchantId: aMerchantId(), importId: anImportId(), slice: 0, fence: 1, page: 3 };
const shop = { merchantId: ref.merchantId, shop: 'a.myshopify.com' };
const errors: unknown[] = [];
const log = createLogger('spec', 'silent');

let redis: RedisConnections;
let jobs: PageJobs;
let schedules: SchedulerJobs;
let admin: AdminServer;

const serve = (connections: RedisConnections) => {
  const view = createQueuesView({
    connection: connections.commands,
    mainDir: join(workspaceRoot(), 'apps/importer/src'),
    onError: (error) => errors.push(error),
  });
  return startAdminServer({ port: 0, metrics: new Registry(), checks: {}, routes: { [QUEUES_PATH]: view } });
};

const ready = (client: Redis) =>
  client.status === 'ready' ? undefined : new Promise((resolve) => client.once('ready', resolve));

beforeAll(async () => {
  redis = connectRedis({ url: redisUrl(REDIS_DATABASE) }, (err) => log.warn({ err }));
  await ready(redis.commands);
  jobs = createPageJobs(redis.commands, (error) => errors.push(error));
  schedules = createSchedulerJobs(redis.commands, (error) => errors.push(error));
  await jobs.add([ref]);
  await schedules.put({ ...shop, cron: '0 3 * * *', timeZone: 'UTC' });
  admin = await serve(redis);
});
afterEach(() => expect(errors.splice(0)).toEqual([]));
afterAll(async () => {
  await admin.close();
  await jobs.close();
  await schedules.close();
  redis.close();
});

const get = (path: string, server = admin) => fetch(`http://127.0.0.1:${server.port}${path}`);

interface Board {
  queues: {
    name: string;
    readOnlyMode: boolean;
    allowRetries: boolean;
    jobs: { id: string; data: object }[];
  }[];
}
const board = async (activeQueue: string) =>
  (await (
    await get(`${QUEUES_PATH}/api/queues?activeQueue=${activeQueue}&page=1&jobsPerPage=10`)
  ).json()) as Board;

it('serves a page with all its files', async () => {
  for (const path of [QUEUES_PATH, `${QUEUES_PATH}/`, `${QUEUES_PATH}/queue/${PAGES_QUEUE}`]) {
    const reply = await get(path);
    expect(reply.status).toBe(200);
    expect(reply.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    const html = await reply.text();
    expect(html).toContain('<base href="/queues/" />');
    const own = [...html.matchAll(/(?:src|href)="(static\/[^"]+)"/g)].map(([, file]) => file!);
    expect(own.filter((file) => file.endsWith('.js')).length).toBeGreaterThan(0);
    for (const file of own) expect((await get(`${QUEUES_PATH}/${file}`)).status).toBe(200);
  }
});

it('shows both queues, read-only, and only ids of their jobs', async () => {
  const { queues } = await board(PAGES_QUEUE);
  expect(queues.map(({ name, readOnlyMode, allowRetries }) => [name, readOnlyMode, allowRetries])).toEqual([
    [PAGES_QUEUE, true, false],
    [SCHEDULES_QUEUE, true, false],
  ]);
  expect(queues[0]!.jobs).toMatchObject([{ id: jobId(ref), data: ref }]);
  expect(Object.keys(queues[0]!.jobs[0]!.data).sort()).toEqual(Object.keys(ref).sort());
  const firing = (await board(SCHEDULES_QUEUE)).queues[1]!.jobs[0]!;
  expect(firing.data).toEqual(shop);
});

/** Returns all data of the queues in Redis. */
async function stored(): Promise<Record<string, unknown>> {
  const keys = (await redis.commands.keys('bull:*')).sort();
  const read = async (key: string) => {
    switch (await redis.commands.type(key)) {
      case 'hash':
        return redis.commands.hgetall(key);
      case 'list':
        return redis.commands.lrange(key, 0, -1);
      case 'zset':
        return redis.commands.zrange(key, '0', '-1', 'WITHSCORES');
      case 'stream':
        return redis.commands.xlen(key);
      default:
        return redis.commands.get(key);
    }
  };
  return Object.fromEntries(await Promise.all(keys.map(async (key) => [key, await read(key)] as const)));
}

const job = `${PAGES_QUEUE}/${jobId(ref)}`;
it.each([
  ['PUT', 'pause'],
  ['PUT', 'resume'],
  ['PUT', `${PAGES_QUEUE}/pause`],
  ['PUT', `${PAGES_QUEUE}/empty`],
  ['PUT', `${PAGES_QUEUE}/obliterate`],
  ['PUT', `${PAGES_QUEUE}/clean/completed`],
  ['PUT', `${PAGES_QUEUE}/retry/failed`],
  ['PUT', `${PAGES_QUEUE}/promote`],
  ['PUT', `${PAGES_QUEUE}/concurrency`],
  ['PUT', `${job}/retry`],
  ['PUT', `${job}/clean`],
  ['PUT', `${job}/promote`],
  ['PATCH', `${job}/update-data`],
  ['POST', `${PAGES_QUEUE}/add`],
  ['PUT', `${SCHEDULES_QUEUE}/job-schedulers/${shop.merchantId}_${shop.shop}/remove`],
  ['DELETE', PAGES_QUEUE],
])('refuses %s %s and changes nothing', async (method, path) => {
  const before = await stored();
  expect(Object.keys(before).length).toBeGreaterThan(4);
  const reply = await fetch(`http://127.0.0.1:${admin.port}${QUEUES_PATH}/api/queues/${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(method !== 'DELETE' && {
      body: JSON.stringify({ name: 'x', data: {}, options: {}, concurrency: 1 }),
    }),
  });
  expect(reply.status).toBe(405);
  expect(reply.headers.get('allow')).toBe('GET, HEAD');
  expect(await stored()).toEqual(before);
});

it('leaves no trace in the queues it reads', async () => {
  const before = await stored();
  await board(PAGES_QUEUE);
  await get(`${QUEUES_PATH}/api/job-schedulers`);
  expect(await stored()).toEqual(before);
});

const NUMBER = (most: number) => `must be a whole number from 1 to ${most}`;
const ABSURD = ['0', '-1', '-0', '1e99', '1e3', 'abc', '1.5', '1.0', '+1', '%201', '0x10', 'NaN', 'Infinity'];
const HUGE = ['9007199254740993', '9'.repeat(30), '9'.repeat(2_000)];
it.each<[string, string[], string]>([
  ['page', [...ABSURD, ...HUGE, '1000001'], NUMBER(1_000_000)],
  ['jobsPerPage', [...ABSURD, ...HUGE, '1001'], NUMBER(1_000)],
  ['activeQueue', ['%25', 'nothing', '%2525zz', '%00'], `must be one of ${PAGES_QUEUE}, ${SCHEDULES_QUEUE}`],
  ['queueName', ['%25', 'nothing', '%E0%A4'], `must be one of ${PAGES_QUEUE}, ${SCHEDULES_QUEUE}`],
])('names %s when it is invalid', async (name, values, rule) => {
  const others = name === 'activeQueue' ? '' : `activeQueue=${PAGES_QUEUE}&status=waiting&`;
  for (const path of name === 'queueName' ? ['job-schedulers'] : ['queues']) {
    const ask = (query: string) => get(`${QUEUES_PATH}/api/${path}?${query}`);
    for (const value of values) {
      const reply = await ask(`${others}${name}=${value}`);
      expect([value, reply.status, await reply.json()]).toEqual([value, 400, { error: `${name}: ${rule}` }]);
    }
    const twice = await ask(`${name}=1&${name}=2`);
    expect([twice.status, await twice.json()]).toEqual([400, { error: `${name}: must be given once` }]);
    expect((await ask(`${others}${name}=`)).status).toBe(200);
  }
});

it('serves the last allowed page, and every allowed page size', async () => {
  for (const query of ['page=1000000&jobsPerPage=1000', 'page=2', 'jobsPerPage=1']) {
    const path = `${QUEUES_PATH}/api/queues?activeQueue=${PAGES_QUEUE}&status=waiting&${query}`;
    expect([query, (await get(path)).status]).toEqual([query, 200]);
  }
});

it.each([
  'api/queues?status=nothing',
  'api/queues?status[]=waiting&status=nothing',
  'api/queues/%',
  'api/queues/%/1/flow',
  `api/queues/${PAGES_QUEUE}/%E0%A4/logs`,
  'queue/%',
  'static/%',
])('answers 400 to %s', async (path) => expect((await get(`${QUEUES_PATH}/${path}`)).status).toBe(400));

it.each(['depth=1e99&maxChildren=abc', 'depth=-1', 'maxChildren=0', 'root=nothing'])(
  'shows a job with %s',
  async (query) => expect((await get(`${QUEUES_PATH}/api/queues/${job}/flow?${query}`)).status).toBe(200),
);

it('names the allowed purposes of a readiness check', async () => {
  for (const purpose of ['', 'x', '%', 'writes%00']) {
    const reply = await get(`/readyz?for=${purpose}`);
    expect([reply.status, await reply.json()]).toEqual([400, { error: 'for: must be one of reads, writes' }]);
  }
});

it('does not affect the other routes', async () => {
  expect(await (await get('/healthz')).json()).toEqual({ status: 'ok' });
  const elsewhere = await get('/queuesque');
  expect(elsewhere.status).toBe(404);
  expect(await elsewhere.json()).toEqual({
    error: 'no such page; there are /healthz, /readyz, /metrics, /queues',
  });
  expect((await get(`${QUEUES_PATH}/nothing`)).status).toBe(404);
  expect((await get(`${QUEUES_PATH}/static/..%2f..%2fpackage.json`)).status).toBeGreaterThanOrEqual(400);
});

it('reports an unavailable Redis, before the first visit and after it', async () => {
  const port = await freePort();
  const away = connectRedis({ url: `redis://127.0.0.1:${port}` }, () => undefined);
  const server = await serve(away);
  const status = async (path: string) => (await get(path, server)).status;
  const dir = mkdtempSync(join(tmpdir(), 'importer-admin-'));
  try {
    expect(await (await get(`${QUEUES_PATH}/`, server)).json()).toEqual({ error: 'Redis is unavailable' });
    const own = await startRedis({ dir, port, persist: false });
    await waitUntil(async () => (await status(`${QUEUES_PATH}/api/queues`)) === 200, { what: 'the board' });
    await own.stop();
    await waitUntil(async () => (await status(`${QUEUES_PATH}/api/queues`)) === 503, {
      what: 'the view to detect the outage',
    });
    expect(await status('/healthz')).toBe(200);
  } finally {
    await server.close();
    away.close();
    rmSync(dir, { recursive: true });
    errors.length = 0; // the queues' errors during the outage
  }
});
