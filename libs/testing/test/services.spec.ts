import { once } from 'node:events';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { Pool, type Client } from 'pg';
import {
  createTestDatabase,
  endPool,
  freePort,
  kafkaAnswers,
  makeServicesDir,
  redisAnswers,
  startPostgres,
  startRedis,
  testServices,
  waitUntil,
  withClient,
} from '../src/index.ts';
import { ask } from '../src/services/tcp.ts';

const portOf = (address: string): number => Number(address.split(':').at(-1));

const isClosed = (client: Client): boolean =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream.closed;
const run = (url: string, text: string) => withClient(url, async (client) => (await client.query(text)).rows);

const template = () =>
  createTestDatabase({
    template: 'services.spec',
    migrate: async (url) => {
      await run(url, 'create extension pgcrypto; create table notes (text varchar)');
      await run(url, `do $$ begin create role core_api; exception when duplicate_object then null; end $$`);
      await run(url, 'grant select on notes to core_api');
    },
  });

const { url, replicaUrl } = testServices().postgres;
const hasStandby = url !== replicaUrl;

describe('the services of a test run', () => {
  const title = hasStandby
    ? 'stream a row from the primary to the read-only replica'
    : 'skip streaming, because CORE_TEST_POSTGRES_REPLICA names no replica';
  it(title, async () => {
    if (!hasStandby) return;
    const database = await template();
    await run(database.url, `insert into notes values ('streamed')`);
    const rows = await waitUntil(
      async () => {
        const found = await run(
          database.replicaUrl,
          'select text, pg_is_in_recovery() as standby from notes',
        );
        return found.length > 0 && found;
      },
      { what: 'the row on the replica' },
    );
    expect(rows).toEqual([{ text: 'streamed', standby: true }]);
    await expect(run(database.replicaUrl, `insert into notes values ('no')`)).rejects.toThrow(/read-only/);
    await database.drop();
  });

  it('have no session left of a pool after endPool', async () => {
    const database = await template();
    const pool = new Pool({ connectionString: database.url, max: 8 });
    const clients = await Promise.all(Array.from({ length: 8 }, () => pool.connect()));
    for (const client of clients) client.release();
    await withClient(testServices().postgres.adminUrl, async (admin) => {
      const sessions = () => admin.query('select from pg_stat_activity where datname = $1', [database.name]);
      expect((await sessions()).rowCount).toBe(8);
      await endPool(pool);
      expect(clients.map(isClosed)).not.toContain(false);
      expect((await sessions()).rowCount).toBe(0);
    });
    await database.drop();
  });

  it('have a Kafka that answers', async () => {
    await expect(kafkaAnswers(portOf(testServices().kafka.broker))).resolves.toBe(true);
  });

  it('have a Redis that answers', async () => {
    await expect(redisAnswers(portOf(testServices().redis.url))).resolves.toBe(true);
  });

  it('clone independent databases in parallel', async () => {
    const databases = await Promise.all(Array.from({ length: 4 }, template));
    for (const { url, name } of databases) await run(url, `insert into notes values ('${name}')`);
    for (const { urlFor, name } of databases) {
      expect(await run(urlFor('core_api'), 'select text, current_user::text as who from notes')).toEqual([
        { text: name, who: 'core_api' },
      ]);
    }
    await Promise.all(databases.map(({ drop }) => drop()));
    const names = databases.map(({ name }) => `'${name}'`).join();
    const left = `select datname from pg_database where datname in (${names})`;
    expect(await run(testServices().postgres.adminUrl, left)).toEqual([]);
  });

  it('do not make the owner of a database a superuser', async () => {
    const database = await template();
    const [rights] = await run(
      database.url,
      'select current_user::text as who, rolsuper as super from pg_roles where rolname = current_user',
    );
    expect(rights).toEqual({ who: 'core_owner', super: false });
    await database.drop();
  });
});

describe('a service started by a spec', () => {
  let dir: string;
  beforeEach(() => {
    dir = makeServicesDir();
  });
  const running: { stop(): Promise<void> }[] = [];
  const stopLater = async <T extends { stop(): Promise<void> }>(starting: Promise<T>): Promise<T> => {
    const service = await starting;
    running.push(service);
    return service;
  };
  afterEach(async () => {
    for (const service of running.splice(0)) await service.stop(); // also when an expectation failed
    await rm(dir, { recursive: true });
  });

  const tell = async (port: number, command: string, answer: string) => {
    const got = await ask({ port, send: Buffer.from(`${command}\r\n`), bytes: answer.length });
    expect(got.toString()).toBe(answer);
  };

  it('keeps its data after kill -9, and deletes it when started with `fresh`', async () => {
    const first = await stopLater(startRedis({ dir }));
    await tell(first.port, 'SET key value', '+OK');
    await first.child.kill();
    expect(first.child.alive()).toBe(false);
    const second = await stopLater(startRedis({ dir, port: first.port }));
    expect(second.port).toBe(first.port);
    await tell(second.port, 'EXISTS key', ':1');
    await second.stop();
    const third = await stopLater(startRedis({ dir, fresh: true }));
    await tell(third.port, 'EXISTS key', ':0');
  });

  it('uses the next port when the preferred port is taken', async () => {
    const { port, stop } = await stopLater(startRedis({ dir: join(dir, 'one') }));
    const other = await stopLater(startRedis({ dir: join(dir, 'two'), port }));
    expect(other.port).toBeGreaterThan(port);
    await other.stop();
    await stop();
    expect(await freePort(port)).toBe(port);
  });

  it('starts a node of a Redis Cluster while another process uses the default port of its bus', async () => {
    const port = await freePort();
    const other = createServer().listen(port + 10_000, '127.0.0.1');
    try {
      await once(other, 'listening');
      const node = await stopLater(startRedis({ dir, port, cluster: true }));
      expect(node.port).toBe(port);
      await tell(node.port, 'CLUSTER SLOTS', '*0');
    } finally {
      other.close();
    }
  });

  it('stops a process that an earlier start left running on the same folder', async () => {
    const left = await stopLater(startRedis({ dir }));
    await tell(left.port, 'SET key value', '+OK');
    const next = await stopLater(startRedis({ dir }));
    expect(left.child.alive()).toBe(false);
    await tell(next.port, 'EXISTS key', ':1');
  });

  it('reports why it did not start', async () => {
    await mkdir(join(dir, 'data'));
    await writeFile(join(dir, 'data/appendonlydir'), 'a file where Redis wants a folder');
    await expect(startRedis({ dir })).rejects.toThrow(
      /redis did not start \(exit code 1\)\. The end of its log:\n.*append/s,
    );
  });

  it('restarts PostgreSQL and its replica with their data after kill -9 of both', async () => {
    const first = await stopLater(startPostgres({ dir, replicas: 1 }));
    await run(first.primary.url, `create table notes as select 'kept' as text`);
    await Promise.all([first.primary.child.kill(), first.replicas[0]!.child.kill()]);
    const second = await stopLater(startPostgres({ dir, replicas: 1, port: first.primary.port }));
    expect(second.primary.url).toBe(first.primary.url);
    await run(second.primary.url, `insert into notes values ('after')`);
    const onReplica = () => run(second.replicas[0]!.url, 'select text from notes order by text desc');
    await waitUntil(async () => (await onReplica()).length === 2, { what: 'both rows on the replica' });
    expect(await onReplica()).toEqual([{ text: 'kept' }, { text: 'after' }]);
  });
});
