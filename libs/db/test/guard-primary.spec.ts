import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, readEnv } from '@core/runtime';
import { databaseEnvironment, startFreezingProxy, waitUntil, type FreezingProxy } from '@core/testing';
import {
  createPool,
  databaseEnv,
  inTransaction,
  isConnectionLoss,
  separateClient,
  separatePool,
  type Pool,
} from '../src/index.ts';
import { merchant, openDatabase } from './support.ts';

let opened: Awaited<ReturnType<typeof openDatabase>>;
let proxy: FreezingProxy;
let pool: Pool;
const log = createLogger('guard', 'silent');

beforeAll(async () => {
  opened = await openDatabase();
});
afterAll(() => opened.close());
beforeEach(async () => {
  proxy = await startFreezingProxy();
  const { url } = opened.database;
  proxy.to(Number(new URL(url).port));
  const env = { ...databaseEnvironment(url), CORE_DB_PORT: String(proxy.port), CORE_DB_POOL: '3' };
  pool = createPool(readEnv(databaseEnv, { ...env, CORE_DB_HOST: '127.0.0.1' }), { app: 'guarded', log });
});
afterEach(async () => {
  await pool.end();
  await proxy.close();
});

/** Waits until the guard has its connection: the guard knows nothing about the time before. */
const watched = () =>
  waitUntil(
    async () => {
      const { rowCount } = await opened.pool.query(
        `select from pg_stat_activity where application_name = 'guarded' and query like '%pg_postmaster_start_time%'
            and pid <> all(array(select pg_backend_pid())) and state = 'idle'`,
      );
      return (rowCount ?? 0) > 0;
    },
    { what: 'a first heartbeat' },
  );

/** The pool's timeout for an answer is 35 s: whatever ends earlier was ended by the guard. */
const BEFORE_THE_LIMIT_MS = 30_000;

it('cuts unresponsive connections of the pool and of those beside it, and all work again', async () => {
  const beside = separatePool(pool, { max: 1, settings: {}, log });
  const listener = separateClient(pool);
  const lost = new Promise((resolve) => listener.on('error', resolve));
  await listener.connect();
  await listener.query('listen guarded');
  const idle = await Promise.all([1, 2, 3].map(() => pool.connect()));
  for (const client of idle) client.release();
  await beside.query('select 1');
  await watched();
  await sleep(1_500); // one answered heartbeat

  proxy.freeze();
  const since = performance.now();
  const waiting = [...[1, 2, 3, 4, 5].map(() => pool.query('select 1')), beside.query('select 1')].map(
    (query) =>
      query.then(
        () => undefined,
        (error: unknown) => error,
      ),
  );
  const failures = (await Promise.all(waiting)).filter((error) => error !== undefined);
  expect(failures.every(isConnectionLoss)).toBe(true);
  expect(isConnectionLoss(await lost)).toBe(true);
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect((await beside.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  expect(performance.now() - since).toBeLessThan(BEFORE_THE_LIMIT_MS);
  await beside.end();
});

it('retries a transaction that was cut before COMMIT, although the server keeps the old one open', async () => {
  const merchantId = merchant();
  await opened.pool.query('insert into customers (merchant_id) values ($1)', [merchantId]);
  await watched();
  let attempts = 0;
  const since = performance.now();
  await inTransaction(pool, async (tx) => {
    attempts++;
    await tx.query('update customers set version = version + 1 where merchant_id = $1', [merchantId]);
    if (attempts === 1) proxy.freeze();
    await tx.query('select 1');
  });
  expect(performance.now() - since).toBeLessThan(BEFORE_THE_LIMIT_MS);
  expect(attempts).toBe(2);
  const { rows } = await opened.pool.query('select version from customers where merchant_id = $1', [
    merchantId,
  ]);
  expect(rows).toEqual([{ version: 2 }]);
});

it('leaves a long statement alone while the server answers', async () => {
  await watched();
  const { rows } = await pool.query<{ pid: number }>('select pg_backend_pid() as pid, pg_sleep(8)');
  expect(rows).toHaveLength(1);
  expect(proxy.connections()).toBeLessThan(8);
});

it('leaves a statement alone when the answer to a heartbeat is late', async () => {
  await watched();
  const slow = pool.query('select 1 as one, pg_sleep(6)');
  await sleep(500); // until the query has been sent
  proxy.freeze();
  await sleep(1_500); // more than the limit of a heartbeat
  proxy.thaw();
  expect((await slow).rows).toHaveLength(1);
});

it('receives the answer of a statement that may run longer than the limit of the pool', async () => {
  const limited = separatePool(pool, { max: 1, settings: { statement_timeout: '500ms' }, log });
  limited.options.query_timeout = 1_000;
  const slow = (minutes?: number) =>
    inTransaction(limited, async (tx) => {
      if (minutes !== undefined) await tx.allowStatements(minutes);
      return tx.query('select 1 as one, pg_sleep(2)');
    });
  await expect(slow()).rejects.toThrow();
  await expect(slow(1)).resolves.toHaveLength(1);
  await expect(slow(0)).resolves.toHaveLength(1);
  await limited.end();
});

it('makes the server end the sessions of clients that have disappeared', async () => {
  const { rows } = await pool.query<{ name: string; setting: string }>(
    `select name, setting from pg_settings where name ~ '^tcp_' order by name`,
  );
  expect(Object.fromEntries(rows.map(({ name, setting }) => [name, Number(setting)]))).toEqual({
    tcp_keepalives_count: 4,
    tcp_keepalives_idle: 4,
    tcp_keepalives_interval: 1,
    tcp_user_timeout: 8_000,
  });
});
