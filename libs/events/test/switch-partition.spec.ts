import { randomUUID } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import { waitUntil } from '@core/testing';
import { startRelay, type EventRecord, type Relay } from '../src/index.ts';
import { holdShards, type Lease } from '../src/relay/leases.ts';
import { SWITCH_EVERY, switchPartition } from '../src/relay/switch-partition.ts';
import { appendEvents, backlog, newRegistry, openDatabase, quietLog, upTo } from './support.ts';

let database: Awaited<ReturnType<typeof openDatabase>>;
let pool: Pool;
let owner: Pool;
const open: PoolClient[] = [];
let relay: Relay | undefined;
beforeAll(async () => {
  database = await openDatabase();
  ({ pool, owner } = database);
});
afterAll(() => database.close());
beforeEach(async () => {
  await owner.query('truncate outbox_events');
  await owner.query('update outbox_current_partition set partition = 0');
  await owner.query('update outbox_shards set owner = null, lease_until = null');
});
afterEach(async () => {
  await relay?.close();
  for (const client of open.splice(0)) client.release(true);
});

const drained = () =>
  waitUntil(async () => (await backlog(owner)) === 0, { what: 'an empty outbox', limitMs: 100_000 });

/** Opens a transaction that stays open. It has an id, and so keeps every row that is deleted from now on. */
async function holdOpen(): Promise<PoolClient> {
  const client = await owner.connect();
  open.push(client);
  await client.query('begin');
  await client.query('select pg_current_xact_id()');
  return client;
}

const currentPartition = async (): Promise<number> =>
  (await owner.query<{ partition: number }>('select partition from outbox_current_partition')).rows[0]!
    .partition;

/** Returns the size of the table's file in bytes, dead rows included. */
const sizeOf = async (table: string): Promise<number> =>
  Number((await owner.query<{ size: string }>('select pg_relation_size($1) as size', [table])).rows[0]!.size);
const leaves = ['outbox_events_0', 'outbox_events_1', 'outbox_events_2'];
const sizes = () => Promise.all(leaves.map(sizeOf));
const total = async () => (await sizes()).reduce((sum, size) => sum + size, 0);

/** Appends versions from `from` on for each customer, and returns the ids of the events. */
async function appendVersions(
  by: Pool | PoolClient,
  customers: readonly string[],
  { from, versions }: { from: number; versions: number },
): Promise<string[]> {
  const { rows } = await by.query<{ event_id: string }>(
    `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
     select (select partition from outbox_current_partition), abs(hashtext(c.id::text)::bigint) % 4,
            case v.version when 1 then 'customer.created' else 'customer.updated' end, c.id, c.id,
            v.version, '{email}', 'api'
       from generate_series($2::int, $2::int + $3::int - 1) as v (version) cross join unnest($1::uuid[]) as c (id)
      order by v.version
     returning event_id`,
    [customers, from, versions],
  );
  return rows.map(({ event_id }) => event_id);
}

describe('the switch of partitions under load', () => {
  it('keeps the outbox small, complete and in order while transactions stay open', async () => {
    const sent: EventRecord[] = [];
    const metrics = newRegistry();
    const producer = { send: async (records: readonly EventRecord[]) => void sent.push(...records) };
    relay = startRelay({ pool, producer, log: quietLog, metrics });
    const customers = Array.from({ length: 500 }, () => randomUUID());
    await holdOpen();
    // These two have appended to the partition that is now current. It cannot be emptied while they are open.
    const [late, never] = [await holdOpen(), await holdOpen()];
    const [lateCustomer, lostCustomer] = [randomUUID(), randomUUID()];
    const expected = await appendVersions(late, [lateCustomer], { from: 1, versions: 2 });
    await appendVersions(never, [lostCustomer], { from: 1, versions: 3 });

    // A backlog far longer than a switch, so that writers switch while rows wait in the previous partition.
    const backlogVersions = (3 * SWITCH_EVERY) / customers.length;
    expected.push(...(await appendVersions(owner, customers, { from: 1, versions: backlogVersions })));
    const bytesOfRow = (await total()) / (3 * SWITCH_EVERY);
    // The sent events are counted first, because a query of the table prevents it from being emptied. Two
    // events wait for the late commit.
    const published = async () => {
      await waitUntil(() => sent.length >= expected.length - 2, { what: 'all committed events to be sent' });
      await drained();
    };
    await published();
    let version = backlogVersions;
    let most = 0;
    for (let n = 0; n < 24; n++) {
      expected.push(...(await appendVersions(owner, customers, { from: version + 1, versions: 10 })));
      version += 10;
      await published();
      const [, one, two] = await sizes();
      most = Math.max(most, one! + two!);
    }
    // 120,000 rows were published while one partition was pinned. The rows of two switches may be dead, and
    // those that were published while a busy machine delayed the switches.
    expect(most / bytesOfRow).toBeLessThan(8 * SWITCH_EVERY);
    expect(await metrics.metrics()).toMatch(/core_outbox_switches_total ([5-9]|\d\d)/);

    await late.query('commit');
    await never.query('rollback');
    await waitUntil(() => sent.some(({ key }) => key === lateCustomer), { what: 'the late commit' });
    await drained();
    await relay.close();

    expect(sent).toHaveLength(expected.length);
    expect(new Set(sent.map(({ headers }) => headers['ce_id']))).toEqual(new Set(expected));
    const versionsOf = new Map<string, number[]>();
    for (const { key, value } of sent) {
      const versions = versionsOf.get(String(key)) ?? [];
      versions.push((JSON.parse(String(value)) as { version: number }).version);
      versionsOf.set(String(key), versions);
    }
    expect(versionsOf.get(lateCustomer)).toEqual([1, 2]);
    for (const id of customers) expect(versionsOf.get(id)).toEqual(upTo(version));
    expect(versionsOf.has(lostCustomer)).toBe(false);
  });
});

describe('one switch of partitions', () => {
  const hold = async (): Promise<Lease> =>
    (await holdShards(pool, randomUUID(), [], 3_600_000)).leases.find(({ shard }) => shard === 0)!;

  it('switches the writers, then truncates the partition that they left', async () => {
    const lease = await hold();
    await appendEvents(owner, { customers: 10, versions: 10 });
    await owner.query('delete from outbox_events');
    expect(await switchPartition(pool, lease)).toBe(true);
    const second = await currentPartition();
    expect(second).not.toBe(0);
    expect(await sizeOf('outbox_events_0')).toBeGreaterThan(0);
    expect(await switchPartition(pool, lease)).toBe(true);
    expect(await currentPartition()).not.toBe(second);
    expect(await total()).toBe(0);
  });

  it('does not truncate a partition that has a row', async () => {
    const lease = await hold();
    await appendEvents(owner, { customers: 3, versions: 1 });
    for (let n = 0; n < 4; n++) expect(await switchPartition(pool, lease)).toBe(true);
    expect(await backlog(owner)).toBe(3);
    expect(await currentPartition()).not.toBe(0);
  });

  it('does not truncate a partition that a writer still uses, and does not wait for the writer', async () => {
    const lease = await hold();
    const writer = await holdOpen();
    await appendVersions(writer, [randomUUID()], { from: 1, versions: 1 });
    for (let n = 0; n < 4; n++) expect(await switchPartition(pool, lease)).toBe(true);
    expect(await currentPartition()).not.toBe(0);
    await writer.query('commit');
    expect(await backlog(owner)).toBe(1);
  });

  it('stays in the same partition while there is no clean one', async () => {
    const lease = await hold();
    for (const partition of [0, 1, 2]) {
      await owner.query('update outbox_current_partition set partition = $1', [partition]);
      await appendEvents(owner, { customers: 1, versions: 1 });
    }
    expect(await switchPartition(pool, lease)).toBe(false);
    expect(await currentPartition()).toBe(2);
    expect(await backlog(owner)).toBe(3);
  });

  it('does nothing for a relay that resumes after another has leased its shard', async () => {
    const zombie = await hold();
    await appendEvents(owner, { customers: 5, versions: 1 });
    await owner.query('delete from outbox_events');
    await owner.query('update outbox_current_partition set partition = 1');
    await owner.query('update outbox_shards set lease_until = now()');
    const successor = await hold();
    expect(successor.fence).toBe(zombie.fence + 1);
    expect(await switchPartition(pool, zombie)).toBe(false);
    expect(await currentPartition()).toBe(1);
    expect(await sizeOf('outbox_events_0')).toBeGreaterThan(0);
    expect(await switchPartition(pool, successor)).toBe(true);
    expect(await sizeOf('outbox_events_0')).toBe(0);
  });
});
