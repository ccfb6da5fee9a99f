import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createLogger, PermanentError, readEnv } from '@core/runtime';
import {
  aMerchantId,
  databaseEnvironment,
  makeServicesDir,
  openCoreDatabase,
  removeServicesDir,
  startPgbouncer,
  testServices,
  waitUntil,
  workspaceRoot,
  type Pgbouncer,
  type StartPgbouncer,
  type TestDatabase,
} from '@core/testing';
import {
  assertPooling,
  createPool,
  databaseEnv,
  inTransaction,
  migrateDatabase,
  separateClient,
  separatePool,
  WrongPooler,
  type Pool,
  type Pooler,
} from '@core/db';
import { openReadRouter } from '../src/index.ts';

const log = createLogger('spec', 'silent');
const MERCHANTS = Array.from({ length: 20 }, () => aMerchantId());
/** Fewer than clients, so that they share connections behind a transaction pooler. */
const SERVER_CONNECTIONS = 6;
const CLIENTS = 20;
const CALLS = 3_000;

let database: TestDatabase;
let close: () => Promise<void>;
let dir: string;
let server: URL;
let owner: Client;
const bouncers: Pgbouncer[] = [];
const pools: Pool[] = [];
beforeAll(async () => {
  ({ database, close } = await openCoreDatabase(migrateDatabase));
  dir = makeServicesDir();
  server = new URL(database.urlFor('core_api'));
  owner = new Client(database.url);
  await owner.connect();
  await owner.query(
    `insert into customers (merchant_id, metadata) select m::uuid, '{}' from unnest($1::text[]) m, generate_series(1, 3)`,
    [MERCHANTS],
  );
});
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.end()));
});
afterAll(async () => {
  await owner?.end();
  await Promise.all(bouncers.map((bouncer) => bouncer.stop()));
  await close?.();
  removeServicesDir(dir);
});

const start = async (
  mode: StartPgbouncer['mode'],
  settings: StartPgbouncer['settings'] = {},
  user = 'core_api',
) => {
  const bouncer = await startPgbouncer({
    dir: join(dir, `${mode}-${bouncers.length}`),
    server: { host: server.hostname, port: Number(server.port) },
    mode,
    roles: { [user]: decodeURIComponent(server.password) },
    settings: { default_pool_size: SERVER_CONNECTIONS, ...settings },
  });
  bouncers.push(bouncer);
  return bouncer;
};

const envAt = (port: number, pooler: Pooler, user = 'core_api') =>
  readEnv(databaseEnv, {
    ...databaseEnvironment(database.urlFor(user)),
    CORE_DB_HOST: '127.0.0.1',
    CORE_DB_PORT: String(port),
    CORE_DB_POOL: String(CLIENTS),
    CORE_DB_POOLER: pooler,
  });

function poolAt(
  port: number,
  pooler: Pooler,
  options: Partial<Parameters<typeof createPool>[1]> = {},
  user?: string,
) {
  const pool = createPool(envAt(port, pooler, user), { app: 'spec', log, lockTimeoutMs: 700, ...options });
  pools.push(pool);
  return pool;
}

const COUNT =
  'select count(*)::int as n, min(merchant_id::text) as of from customers where $1::text is not null';
const TIMEOUTS = `select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
  current_setting('idle_in_transaction_session_timeout') as idle, current_setting('search_path') as path`;

describe.each([
  ['session', CLIENTS + 4],
  ['transaction', SERVER_CONNECTIONS],
] as const)('behind pgbouncer in %s mode', (mode, serverConnections) => {
  let port: number;
  beforeAll(async () => void ({ port } = await start(mode, { default_pool_size: serverConnections })));

  it('no call fails, and each sees only its merchant', async () => {
    const pool = poolAt(port, mode);
    await assertPooling(pool, mode);
    const env = { ...envAt(port, mode), CORE_DB_REPLICAS: [], CORE_DB_MAX_LAG_MS: 500, CORE_DB_HEDGE: true };
    const router = await openReadRouter({ env, app: 'spec', primary: pool, log });
    const read = async (merchantId: MerchantId) =>
      router
        .reader({ kind: 'strong' }, { merchantId })
        .query<{ n: number; of: string }>(COUNT, ['x'], 'count-read');
    const write = (merchantId: MerchantId) =>
      inTransaction(
        pool,
        async (tx) => {
          await tx.query(
            'update customers set version = version + 1 where merchant_id = $1 and id in (select id from customers limit 1)',
            [merchantId],
            'raise',
          );
          return tx.query<{ n: number; of: string }>(COUNT, ['x'], 'count-write');
        },
        { merchantId },
      );
    const wrong: string[] = [];
    let made = 0;
    const lane = async () => {
      for (let n = made++; n < CALLS; n = made++) {
        const merchantId = MERCHANTS[n % MERCHANTS.length]!;
        const [row] = await (n % 3 === 0 ? write : read)(merchantId);
        if (row?.n !== 3 || row.of !== merchantId)
          wrong.push(`call ${n} of ${merchantId} saw ${row?.n} of ${row?.of}`);
      }
    };
    try {
      await Promise.all(Array.from({ length: 64 }, lane));
      expect(wrong).toEqual([]);
    } finally {
      await router.stop();
    }
  });

  it('timeouts apply inside and outside transactions', async () => {
    const pool = poolAt(port, mode);
    const [inside] = await inTransaction(pool, (tx) => tx.query(TIMEOUTS));
    expect(inside).toEqual({ statement: '30s', lock: '700ms', idle: '30s', path: 'public, pg_temp' });
    const { rows } = await pool.query(TIMEOUTS);
    // Behind a transaction pooler only the settings remain that `migrate` has set for the role.
    const ofRole = { statement: '30s', lock: '5s', idle: '30s', path: '"$user", public' };
    expect(rows).toEqual([mode === 'session' ? inside : ofRole]);

    const merchantId = MERCHANTS[0]!;
    await owner.query('begin');
    try {
      await owner.query('update customers set version = version where merchant_id = $1', [merchantId]);
      const held = inTransaction(
        pool,
        (tx) => tx.query('select from customers where merchant_id = $1 for update', [merchantId]),
        { merchantId },
      );
      await expect(held).rejects.toMatchObject({ code: '55P03' });
    } finally {
      await owner.query('rollback');
    }
  });

  it('leaves no settings to other clients of the same pooler', async () => {
    const pool = poolAt(port, mode, { max: 2 });
    await inTransaction(pool, (tx) => tx.query('select 1'), { merchantId: MERCHANTS[0]! });
    await pool.end();
    pools.splice(pools.indexOf(pool), 1);
    const other = new Client({ ...plain(port), application_name: 'other' });
    await other.connect();
    for (let n = 0; n < 10; n++) {
      const { rows } = await other.query(
        `${TIMEOUTS}, current_setting('core.merchant_id', true) as merchant`,
      );
      // Once set in a session, a custom setting is empty instead of unknown.
      const { merchant, ...others } = rows[0] as { merchant: string | null };
      expect([merchant ?? '', others]).toEqual([
        '',
        { statement: '30s', lock: '5s', idle: '30s', path: '"$user", public' },
      ]);
    }
    await other.end();
  });

  it('listens, and applies session settings, on a connection that has sessions', async () => {
    const pool = poolAt(port, mode, {
      ...(mode === 'transaction' && { direct: { host: server.hostname, port: Number(server.port) } }),
    });
    const listener = separateClient(pool);
    const notified: string[] = [];
    listener.on('notification', ({ channel }) => notified.push(channel));
    const beside = separatePool(pool, { max: 1, settings: { enable_seqscan: 'off' }, log });
    try {
      await listener.connect();
      await listener.query('listen spoken');
      await pool.query('notify spoken');
      await waitUntil(() => notified.length > 0, { what: 'the notification' });
      for (let n = 0; n < 5; n++) {
        const { rows } = await beside.query(`${TIMEOUTS}, current_setting('enable_seqscan') as scan`);
        expect(rows).toEqual([
          { statement: '30s', lock: '700ms', idle: '30s', path: 'public, pg_temp', scan: 'off' },
        ]);
      }
    } finally {
      await Promise.all([listener.end(), beside.end()]);
    }
  });
});

const plain = (port: number) => ({
  host: '127.0.0.1',
  port,
  database: database.name,
  user: 'core_api',
  password: decodeURIComponent(server.password),
});

describe('a wrong pooler configuration fails the start', () => {
  const refused = async (
    mode: StartPgbouncer['mode'],
    pooler: Pooler,
    settings?: StartPgbouncer['settings'],
  ) => {
    const { port } = await start(mode, settings);
    const pool = poolAt(port, pooler);
    const error = await assertPooling(pool, pooler)
      .then(() => pool.query('select 1'))
      .then(
        () => new Error('it works'),
        (thrown: Error) => thrown,
      );
    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toBeInstanceOf(WrongPooler);
    return error.message;
  };

  it.each(['session', 'transaction'] as const)('an undeclared %s pooler', async (mode) => {
    expect(await refused(mode, 'none')).toMatch(
      /^the address of PostgreSQL leads to a connection pooler .*unsupported startup parameter.*; set CORE_DB_POOLER to its mode/,
    );
  });

  it('a pooler that drops connection settings', async () => {
    expect(await refused('transaction', 'none', { ignore_startup_parameters: 'options' })).toMatch(
      /leads to a connection pooler, which ignores the settings of connections; set CORE_DB_POOLER to its mode/,
    );
  });

  it('a transaction pooler in place of a session pooler', async () => {
    expect(await refused('transaction', 'session')).toMatch(
      /assigns a server connection per transaction; set CORE_DB_POOLER to transaction, or pool_mode of pgbouncer to session/,
    );
  });

  it('a transaction pooler that rotates server connections', async () => {
    expect(await refused('transaction', 'session', { server_round_robin: 1 })).toMatch(
      /set CORE_DB_POOLER to transaction/,
    );
  });

  it('a statement pooler', async () => {
    expect(await refused('statement', 'transaction')).toMatch(
      /allows no transaction; set pool_mode of pgbouncer/,
    );
  });

  it('a role without timeouts behind a transaction pooler', async () => {
    const role = `spec_${randomUUID().slice(0, 8)}`;
    const admin = new Client(testServices().postgres.adminUrl);
    await admin.connect();
    try {
      await admin.query(
        `create role ${role} login password '${decodeURIComponent(server.password)}'; grant core_api to ${role}`,
      );
      const { port } = await start('transaction', {}, role);
      const pool = poolAt(port, 'transaction', {}, role);
      // The rights for askIdentity of each new connection come from the role of the apps.
      await expect(assertPooling(pool, 'transaction')).rejects.toThrow(
        `the role ${role} has no statement_timeout, lock_timeout, idle_in_transaction_session_timeout, and a pooler in ` +
          'transaction mode drops those of connections; run `npm run ops -- migrate`',
      );
      await pool.end();
      pools.splice(pools.indexOf(pool), 1);
      await bouncers.at(-1)!.stop();
    } finally {
      await admin.query(`drop role if exists ${role}`);
      await admin.end();
    }
  });

  it('migrations through a pooler', async () => {
    const url = new URL(database.url);
    const bouncer = await startPgbouncer({
      dir: join(dir, 'owner'),
      server: { host: url.hostname, port: Number(url.port) },
      mode: 'transaction',
      roles: { core_owner: decodeURIComponent(url.password) },
    });
    bouncers.push(bouncer);
    url.port = String(bouncer.port);
    await expect(migrateDatabase(url.href, join(workspaceRoot(), 'libs/db/migrations'))).rejects.toThrow(
      'the address leads to a connection pooler, and migrations need sessions; set CORE_DB_DIRECT to the address of PostgreSQL',
    );
  });
});
