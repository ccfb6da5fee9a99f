import { Client } from 'pg';
import { waitUntil, type PostgresNode } from '@core/testing';
import { inTransaction, inTransactionWithToken, isConnectionLoss } from '@core/db';
import { openCluster, startLoad, type Cluster } from './cluster.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await openCluster();
  await cluster.pool.query('create table notes (id int primary key, value int not null)');
  await cluster.pool.query('insert into notes values (1, 0)');
  await untilUsable(true, true);
});
afterAll(() => cluster.stop());

// A fault injected by one spec must not affect the next.
afterEach(() => untilUsable(true, true));

const untilUsable = (...expected: boolean[]) =>
  waitUntil(() => cluster.usable().join() === expected.join(), {
    what: `the replicas to be usable: ${expected.join()}`,
  });

const anyReplica = () => cluster.router.reader({ kind: 'minimize_latency' }, { hedge: true });
const strong = () => cluster.router.reader({ kind: 'strong' });
const atLeast = (token: string) => cluster.router.reader({ kind: 'at_least', token });
const VALUE = 'select value from notes where id = 1';
const valueBy = async (reader: ReturnType<typeof anyReplica>) =>
  (await reader.query<{ value: number }>(VALUE))[0]?.value;
const read = () => valueBy(anyReplica());
const write = () =>
  inTransactionWithToken(cluster.pool, async (tx) => {
    const rows = await tx.query<{ value: number }>(
      'update notes set value = value + 1 where id = 1 returning value',
    );
    return rows[0]!.value;
  });
const onNode = async (node: PostgresNode, sql: string) => {
  const client = new Client(node.adminUrl.replace(/postgres$/, 'core_db'));
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};
const moreAnswers = (load: { answered: number }, wanted = 200) => {
  const from = load.answered;
  return waitUntil(() => load.answered >= from + wanted, { what: `${wanted} more answers` });
};

it('reads from both replicas, and from the primary only when required', async () => {
  const before = { ...cluster.seen };
  const nodes = await Promise.all(
    Array.from({ length: 40 }, () =>
      anyReplica().query<{ port: number }>('select inet_server_port() as port'),
    ),
  );
  const ports = new Set(nodes.map(([row]) => row!.port));
  expect(ports).toEqual(new Set(cluster.replicas.map(({ port }) => port)));
  expect(cluster.seen.primary).toBe(before.primary);
  const [row] = await strong().query<{ port: number }>('select inet_server_port() as port');
  expect(row!.port).toBe(cluster.primary.port);
});

it('shows every writer its own write with the token, whichever node answers', async () => {
  for (let n = 0; n < 100; n++) {
    const { result, consistencyToken } = await write();
    expect(consistencyToken).toMatch(/^[0-9A-F]{16}:1:[0-9A-F]+\/[0-9A-F]+$/);
    expect(await valueBy(atLeast(consistencyToken))).toBeGreaterThanOrEqual(result);
  }
});

it.each([
  ['of another timeline', (system: string) => `${system}:2:0/1`],
  ['of another cluster', () => '6ABC0123456789EF:1:0/1'],
  ['in the former form, which names no cluster', () => '1:0/1'],
])('reads from the primary for a token %s', async (_, tokenOf) => {
  const { consistencyToken } = await write();
  const [system = ''] = consistencyToken.split(':');
  const before = { ...cluster.seen };
  await valueBy(atLeast(`${system}:1:0/1`));
  expect(cluster.seen).toEqual({ ...before, replica: before.replica + 1 });
  await valueBy(atLeast(tokenOf(system)));
  expect(cluster.seen).toEqual({ ...before, replica: before.replica + 1, primary: before.primary + 1 });
});

it.each([
  ['frozen', (node: PostgresNode) => node.freeze(), async (node: PostgresNode) => node.thaw()],
  ['killed', (node: PostgresNode) => void node.child.kill(), (node: PostgresNode) => node.restart()],
])(
  'fails no read when a replica is %s under load, and uses it again afterwards',
  async (_, disable, restore) => {
    const load = startLoad(16, read);
    await moreAnswers(load);
    disable(cluster.replicas[0]);
    await untilUsable(false, true);
    // Another node answers its pending reads long before it is restored.
    const { node } = cluster.router.replicas[0]!;
    await waitUntil(() => node.load === 0, { what: 'its reads to go elsewhere' });
    await moreAnswers(load);
    await restore(cluster.replicas[0]);
    await untilUsable(true, true);
    await moreAnswers(load);
    await load.stop();
    expect(load.errors).toEqual([]);
  },
);

it('fails no read when both replicas are down: the primary answers', async () => {
  const load = startLoad(8, read);
  await moreAnswers(load);
  await Promise.all(cluster.replicas.map(({ child }) => child.kill()));
  await untilUsable(false, false);
  const { primary } = cluster.seen;
  await moreAnswers(load);
  expect(cluster.seen.primary).toBeGreaterThan(primary);
  await Promise.all(cluster.replicas.map((node) => node.restart()));
  await untilUsable(true, true);
  await load.stop();
  expect(load.errors).toEqual([]);
});

it('stops using replicas that do not replay; a read with a token is never stale, one without may be', async () => {
  // A reader with its own snapshot on the replica is not the cause of the lag, and must not be cancelled by
  // it.
  const holder = new Client(cluster.replicas[0].url);
  await holder.connect();
  await holder.query('begin isolation level repeatable read');
  await holder.query(VALUE);
  await Promise.all(cluster.replicas.map((node) => onNode(node, 'select pg_wal_replay_pause()')));

  let stale = 0;
  const tooOld: number[] = [];
  for (let n = 0; n < 50; n++) {
    const { result, consistencyToken } = await write();
    const [free, bound] = await Promise.all([read(), valueBy(atLeast(consistencyToken))]);
    if (free! < result) stale++;
    if (bound! < result) tooOld.push(result - bound!);
  }
  expect(tooOld).toEqual([]);
  expect(stale).toBeGreaterThan(0); // otherwise the replay was not paused, and this spec proves nothing

  // Replicas are excluded for lag only once they are more than a page behind.
  await cluster.pool.query(`create table filler as select repeat('x', 100) from generate_series(1, 1000)`);
  await untilUsable(false, false);
  const { result } = await write();
  expect(await read()).toBe(result);

  await Promise.all(cluster.replicas.map((node) => onNode(node, 'select pg_wal_replay_resume()')));
  await untilUsable(true, true);
  await holder.query('commit');
  await holder.end();
  await cluster.pool.query('drop table filler');
});

it('retries a read on another node when replay cancels it', async () => {
  await cluster.pool.query('create table short_lived as select 1 as one');
  const { rows } = await cluster.pool.query<{ token: string }>('select pg_current_wal_lsn() as token');
  for (const node of cluster.replicas) {
    await onNode(node, `alter system set max_standby_streaming_delay = '50ms'`);
    await onNode(node, 'select pg_reload_conf()');
    await waitUntil(
      async () =>
        (await onNode(node, `select pg_last_wal_replay_lsn() >= '${rows[0]!.token}' as there`))[0]?.there,
      { what: 'the table on the replica' },
    );
  }
  const { rerouted } = cluster.seen;
  // Not hedged: one statement runs on one node until it is cancelled.
  const slow = cluster.router.reader({ kind: 'minimize_latency' }).query<{ one: number }>(
    `select one from short_lived, pg_sleep(case when exists (
         select from pg_attribute where attrelid = 'short_lived'::regclass and attname = 'two') then 0 else 600 end)`,
  );
  const running = `select from pg_stat_activity where state = 'active' and query like 'select one from short%'`;
  await waitUntil(
    async () =>
      (await Promise.all(cluster.replicas.map((node) => onNode(node, running)))).flat().length === 1,
    { what: 'the read to run on a replica' },
  );
  await cluster.pool.query('alter table short_lived add column two int');
  expect(await slow).toEqual([{ one: 1 }]);
  expect(cluster.seen.rerouted).toBeGreaterThan(rerouted);
  await cluster.pool.query('drop table short_lived');
  for (const node of cluster.replicas) {
    await onNode(node, 'alter system reset max_standby_streaming_delay');
    await onNode(node, 'select pg_reload_conf()');
  }
});

it('keeps reading while the primary is down; writes fail at once and succeed again after its restart', async () => {
  const load = startLoad(8, read);
  await moreAnswers(load);
  await cluster.primary.child.kill();
  await moreAnswers(load);
  const failed = await write().catch((error: unknown) => error);
  expect(isConnectionLoss(failed)).toBe(true);
  await expect(valueBy(strong())).rejects.toThrow();
  await cluster.primary.restart();
  const { result } = await write();
  await load.stop();
  expect(load.errors).toEqual([]);
  expect(await valueBy(strong())).toBe(result);
});

it('survives backends that are terminated up to ten times a second: no read fails, no write is lost or doubled', async () => {
  const admin = new Client(cluster.primary.adminUrl);
  await admin.connect();
  const admins = await Promise.all(
    cluster.replicas.map(async ({ adminUrl }) => {
      const client = new Client(adminUrl);
      await client.connect();
      return client;
    }),
  );
  const before = await valueBy(strong());
  const outcomes = { ok: 0, unknown: 0 };
  const reads = startLoad(8, read);
  const writes = startLoad(4, () =>
    write().then(
      () => outcomes.ok++,
      (error: unknown) => {
        if (!isConnectionLoss(error)) throw error;
        outcomes.unknown++; // COMMIT was in flight: it may have succeeded
      },
    ),
  );
  const END = `select pg_terminate_backend(pid) from pg_stat_activity where usename = 'core_owner'`;
  for (let n = 0; n < 200; n++) {
    await Promise.all([admin, ...admins].map((client) => client.query(END)));
    // The interval of the fault, not a wait for a condition.
    await new Promise((resolve) => setTimeout(resolve, 100));
    // On a starved machine connecting takes longer than the interval: every attempt of a read would be hit,
    // forever.
    await moreAnswers(reads, 8);
  }
  await Promise.all([reads.stop(), writes.stop()]);
  await Promise.all([admin, ...admins].map((client) => client.end()));
  expect(reads.errors).toEqual([]);
  expect(writes.errors).toEqual([]);
  expect(reads.answered).toBeGreaterThan(0);
  const risen = (await valueBy(strong()))! - before!;
  expect(risen).toBeGreaterThanOrEqual(outcomes.ok);
  expect(risen).toBeLessThanOrEqual(outcomes.ok + outcomes.unknown);
  await expect(inTransaction(cluster.pool, (tx) => tx.query('select 1 as one'))).resolves.toEqual([
    { one: 1 },
  ]);
  expect(cluster.pool.waitingCount).toBe(0);
});
