import type { Pool } from 'pg';
import { pause, type Registry } from '@core/runtime';
import { waitUntil } from '@core/testing';
import {
  RecordsRefused,
  RELAY_BATCH,
  RELAY_LEASE_MS,
  startRelay,
  type EventProducer,
  type EventRecord,
  type KafkaClient,
  type Relay,
} from '../src/index.ts';
import { holdShards } from '../src/relay/leases.ts';
import { deletePublished, moveToRefused } from '../src/relay/outbox-rows.ts';
import { readOldest } from '../src/relay/read-oldest.ts';
import { READ_AHEAD, relayOldest } from '../src/relay/relay-shard.ts';
import {
  appendEvents,
  backlog,
  collect,
  connect,
  firstVersions,
  into,
  newRegistry,
  newTopic,
  openDatabase,
  quietLog,
  upTo,
} from './support.ts';

/** The constraint, added again while rows violate it. */
const OUTBOX_TOPICS = `alter table outbox_events add constraint ck_outbox_events_topic check (
  version >= 1 and topic = case version when 1 then 'customer.created' else 'customer.updated' end) not valid`;

/** Constraints that a row which Kafka refuses violates. */
const OUTBOX_SIZES = ['ck_outbox_events_shard', 'ck_outbox_events_changed_fields'];

describe('relay', () => {
  let client: KafkaClient;
  let database: Awaited<ReturnType<typeof openDatabase>>;
  let pool: Pool;
  let owner: Pool;
  beforeAll(async () => {
    client = connect();
    database = await openDatabase();
    ({ pool, owner } = database);
  });
  afterAll(async () => {
    await client.close();
    await database.close();
  });
  beforeEach(async () => {
    await owner.query('delete from outbox_events');
    await owner.query('update outbox_shards set owner = null, lease_until = null');
  });

  const relays: Relay[] = [];
  afterEach(() => Promise.all(relays.splice(0).map((one) => one.close()))); // of a test that failed
  const relay = (
    producer: EventProducer,
    { metrics = newRegistry(), ...options }: { leaseMs?: number; metrics?: Registry } = {},
  ) => {
    const started = startRelay({ pool, producer, log: quietLog, metrics, ...options });
    relays.push(started);
    return started;
  };
  const drained = () => waitUntil(async () => (await backlog(owner)) === 0, { what: 'an empty outbox' });
  /** Creates a producer with this `send`, which can fail or have side effects. */
  const sending = (send: EventProducer['send']): EventProducer => ({ send });

  it("publishes every event once, each customer's in the order of its versions, then deletes it", async () => {
    const topic = await newTopic(client, { partitions: 6 });
    await appendEvents(owner, { customers: 100, versions: 20 });
    const running = relay(into(topic, await client.producer()));
    await drained();
    await running.close();
    const { records, until, close } = await collect(client, topic);
    await until(2000);
    expect(records).toHaveLength(2000);
    for (const versions of firstVersions(records).values()) expect(versions).toEqual(upTo(20));
    await close();
  });

  /**
   * Appends rows of one shard with the given ids. Each number is a customer, and has consecutive versions.
   */
  const appendWithIds = (rows: { id: number; customer: number; version: number }[]) =>
    owner.query(
      `insert into outbox_events (id, partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       overriding system value
       select id, partition, 2, case version when 1 then 'customer.created' else 'customer.updated' end, uuidv7(),
              ('00000000-0000-4000-8000-' || lpad(customer::text, 12, '0'))::uuid, version, '{email}', 'api'
         from unnest($1::bigint[], $2::int[], $3::int[]) as row (id, customer, version), outbox_current_partition`,
      [rows.map(({ id }) => id), rows.map(({ customer }) => customer), rows.map(({ version }) => version)],
    );
  /** Returns the records that a relay publishes until the outbox is empty. */
  const published = async () => {
    const sent: EventRecord[] = [];
    const running = relay(sending(async (records) => void sent.push(...records)));
    await drained();
    await running.close();
    return sent;
  };

  it.each([
    ['within a batch', 3],
    ['across batches', RELAY_BATCH],
    ['across reads', 2 * READ_AHEAD],
  ])("publishes a customer's events in the order of versions and not of ids, %s", async (_, between) => {
    const others = upTo(between).map((id) => ({ id: id + 3, customer: id, version: 1 }));
    const customer = 0;
    await appendWithIds([
      { id: 1, customer, version: 3 },
      { id: 2, customer, version: 2 },
      { id: 3, customer: 1, version: 2 },
      ...others,
      { id: between + 4, customer, version: 1 },
      { id: between + 5, customer, version: 4 },
    ]);
    const sent = await published();
    expect(sent).toHaveLength(between + 5);
    const versions = firstVersions(sent);
    const [own, first] = ['0', '1'].map((n) =>
      versions.get(`00000000-0000-4000-8000-${n.padStart(12, '0')}`),
    );
    expect([own, first]).toEqual([upTo(4), upTo(2)]);
    // The oldest row comes first: a lower version is moved forward, and its successors do not wait for its
    // own position.
    expect(sent.slice(0, 3).map(({ key }) => key)).toEqual(Array(3).fill(sent[0]!.key));
  });

  it('publishes in the order of versions when more lower versions wait than one read returns', async () => {
    const most = READ_AHEAD + 10;
    await appendWithIds(upTo(most).map((version) => ({ id: most - version, customer: 7, version })));
    expect([...firstVersions(await published()).values()]).toEqual([upTo(most)]);
  });

  it('loses no event whose id was reused while the first one still waits', async () => {
    await appendWithIds(upTo(2).map((customer) => ({ id: 5, customer, version: 1 })));
    const { leases } = await holdShards(pool, 'first', [], 10_000);
    const lease = leases.find(({ shard }) => shard === 2)!;
    const [row, waiting] = await readOldest(pool, 2, 10);
    expect(await deletePublished(pool, lease, [row!])).toBe(true);
    expect(await readOldest(pool, 2, 10)).toEqual([waiting]);
    // When both are refused, both are kept.
    await owner.query('delete from outbox_refused');
    expect(await moveToRefused(pool, lease, waiting!, 'too large')).toBe(true);
    await appendWithIds([{ id: 5, customer: 3, version: 1 }]);
    const [next] = await readOldest(pool, 2, 10);
    expect(await moveToRefused(pool, lease, next!, 'too large')).toBe(true);
    const { rows } = await owner.query('select event_id from outbox_refused order by event_id');
    expect(rows.map((each) => each.event_id)).toEqual([waiting!.eventId, next!.eventId]);
    await owner.query('delete from outbox_refused');
  });

  it('writes CloudEvents: attributes in the headers, only the data in the body', async () => {
    const topic = await newTopic(client);
    await appendEvents(owner, { customers: 1, versions: 1 });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    await owner.query('update outbox_events set traceparent = $1', [traceparent]);
    const { rows } = await owner.query('select * from outbox_events');
    const running = relay(into(topic, await client.producer()));
    await drained();
    await running.close();
    const { records, until, close } = await collect(client, topic);
    await until(1);
    const [record] = records;
    const occurredAt = rows[0].occurred_at.toISOString();
    expect(String(record!.key)).toBe(rows[0].customer_id);
    expect(JSON.parse(String(record!.value))).toStrictEqual({
      event_id: rows[0].event_id,
      merchant_id: rows[0].merchant_id,
      customer_id: rows[0].customer_id,
      version: 1,
      changed_fields: ['email', 'metadata'],
      origin: 'api',
      occurred_at: occurredAt,
    });
    expect(record!.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: rows[0].event_id,
      ce_type: 'customer.created',
      ce_source: 'core',
      ce_time: occurredAt,
      'content-type': 'application/json',
      traceparent,
    });
    await close();
  });

  it('publishes only on our own topics, also for rows with another topic from an earlier build', async () => {
    await owner.query('alter table outbox_events drop constraint ck_outbox_events_topic');
    await owner.query(
      `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       select 0, 0, 'gdpr_request.created', uuidv7(), uuidv7(), version, '{email}', 'api'
         from generate_series(1, 2) as version`,
    );
    await owner.query(OUTBOX_TOPICS);
    const sent: EventRecord[] = [];
    const running = relay(sending(async (records) => void sent.push(...records)));
    await drained();
    await running.close();
    expect(sent.map(({ topic, headers }) => [topic, headers['ce_type']])).toEqual([
      ['customer.created', 'customer.created'],
      ['customer.updated', 'customer.updated'],
    ]);
  });

  it('deletes nothing before the acknowledgement', async () => {
    await appendEvents(owner, { customers: 5, versions: 2, shard: 0 });
    const requested = Promise.withResolvers<readonly EventRecord[]>();
    const acknowledged = Promise.withResolvers<void>();
    const running = relay(
      sending((records) => {
        requested.resolve(records);
        return acknowledged.promise;
      }),
    );
    expect(await requested.promise).toHaveLength(10);
    expect(await backlog(owner)).toBe(10);
    acknowledged.resolve();
    await drained();
    await running.close();
  });

  it('keeps the events and retries while Kafka fails', async () => {
    await appendEvents(owner, { customers: 10, versions: 3 });
    const sent: EventRecord[] = [];
    let refusals = 0;
    const running = relay(
      sending(async (records) => {
        if (refusals++ < 6) throw new Error('no broker');
        expect(await backlog(owner)).toBeGreaterThan(0);
        sent.push(...records);
      }),
    );
    await drained();
    await running.close();
    expect(sent).toHaveLength(30);
  });

  it('sets aside an event that Kafka permanently refuses, complete, and publishes the events after it', async () => {
    for (const name of OUTBOX_SIZES) {
      await owner.query(`alter table outbox_events drop constraint if exists ${name}`);
    }
    const topic = await newTopic(client);
    await appendEvents(owner, { customers: 3, versions: 2, shard: 1 });
    const { rows } = await owner.query<{ event: { event_id: string } }>(
      `insert into outbox_events as e (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       values (0, 1, 'customer.updated', uuidv7(), uuidv7(), 2, array_fill(repeat('f', 200), array[10000]), 'api')
       returning to_jsonb(e) as event`,
    );
    await appendEvents(owner, { customers: 3, versions: 2, shard: 1 });
    const metrics = newRegistry();
    const running = relay(into(topic, await client.producer()), { metrics });
    await drained();
    await running.close();
    const { records, until, close } = await collect(client, topic);
    await until(12);
    expect([...firstVersions(records).values()]).toEqual(Array.from({ length: 6 }, () => upTo(2)));
    await close();
    const { rows: refused } = await owner.query('select event, error from outbox_refused');
    expect(refused).toEqual([{ event: rows[0]!.event, error: expect.stringMatching(/too large|larger/) }]);
    expect(await metrics.metrics()).toContain('core_outbox_refused_total 1');
    // The counter is only for this process. The row stays until an operator acts.
    expect(await metrics.metrics()).toContain('core_outbox_set_aside 1');
  });

  it('sets nothing aside when it lost its lease while Kafka refused', async () => {
    await owner.query('delete from outbox_refused');
    await appendEvents(owner, { customers: 1, versions: 1, shard: 1 });
    const { leases } = await holdShards(pool, 'first', [], 10_000);
    const lease = leases.find(({ shard }) => shard === 1)!;
    const producer = sending(async () => {
      await owner.query('update outbox_shards set fence = fence + 1 where shard = 1');
      throw new RecordsRefused('too large');
    });
    const partitionSwitch = { deleted: () => undefined };
    const nothing = () => undefined;
    const deps = { pool, log: quietLog, onPublished: nothing, onRefused: nothing, partitionSwitch, producer };
    expect(await relayOldest(deps, lease, new AbortController().signal)).toBe('lease_lost');
    expect(await backlog(owner)).toBe(1);
    expect((await owner.query('select from outbox_refused')).rowCount).toBe(0);
  });

  it('publishes an event that was committed after a later one', async () => {
    const topic = await newTopic(client);
    const slow = await owner.connect();
    await slow.query('begin');
    await slow.query(
      `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       values (0, 0, 'customer.created', uuidv7(), uuidv7(), 1, '{email}', 'api')`,
    );
    const running = relay(into(topic, await client.producer()));
    await appendEvents(owner, { customers: 1, versions: 3, shard: 0 });
    await drained(); // of committed events
    await slow.query('commit');
    slow.release();
    const { until, close } = await collect(client, topic);
    await until(4);
    await drained();
    await Promise.all([running.close(), close()]);
  });

  it('deletes nothing when it lost its lease while it waited for Kafka', async () => {
    await appendEvents(owner, { customers: 3, versions: 2, shard: 1 });
    const { leases } = await holdShards(pool, 'first', [], 10_000);
    const lease = leases.find(({ shard }) => shard === 1)!;
    const partitionSwitch = { deleted: () => undefined };
    const nothing = () => undefined;
    const deps = { pool, log: quietLog, onPublished: nothing, onRefused: nothing, partitionSwitch };
    const signal = new AbortController().signal;
    const stolen = sending(async () => {
      await owner.query('update outbox_shards set lease_until = now() where shard = 1');
      expect(await holdShards(pool, 'second', [], 10_000)).toEqual({
        leases: [{ shard: 1, fence: lease.fence + 1 }],
        waiting: true,
      });
    });
    expect(await relayOldest({ ...deps, producer: stolen }, lease, signal)).toBe('lease_lost');
    expect(await backlog(owner)).toBe(6);
    const accepted = sending(async () => undefined);
    const successor = { shard: 1, fence: lease.fence + 1 };
    expect(await relayOldest({ ...deps, producer: accepted }, successor, signal)).toBe('some');
    expect(await backlog(owner)).toBe(0);
  });

  it('loses the leases that another relay has acquired, and keeps the others with their fences', async () => {
    const { leases } = await holdShards(pool, 'first', [], 10_000);
    await owner.query('update outbox_shards set lease_until = now() where shard = 2');
    const { leases: taken } = await holdShards(pool, 'second', [], 10_000);
    expect(taken.map(({ shard }) => shard)).toEqual([2]);
    const { leases: kept } = await holdShards(pool, 'first', leases, 10_000);
    const byShard = (all: typeof leases) => [...all].sort((a, b) => a.shard - b.shard);
    expect(byShard(kept)).toEqual(byShard(leases).filter(({ shard }) => shard !== 2));
  });

  it('keeps the order when relays constantly steal each other’s shards, with repetitions only', async () => {
    const topic = await newTopic(client, { partitions: 6 });
    const producers = [connect(), connect()];
    const [a, b] = await Promise.all(producers.map((one) => one.producer()));
    const relays = [relay(into(topic, a!), { leaseMs: 900 }), relay(into(topic, b!), { leaseMs: 900 })];
    let thefts = 0;
    let stealing = true;
    const thief = (async () => {
      while (stealing) {
        await owner.query('update outbox_shards set lease_until = now()');
        thefts += (await holdShards(owner, 'thief', [], 1)).leases.length;
        await pause(20);
      }
    })();
    for (let n = 0; n < 10; n++) {
      await appendEvents(owner, { customers: 30, versions: 20 });
    }
    stealing = false;
    await thief;
    await drained();
    await Promise.all(relays.map((one) => one.close()));
    await Promise.all(producers.map((one) => one.close()));
    expect(thefts).toBeGreaterThan(0);

    const written = (await client.endOffsets(topic)).reduce((sum, end) => sum + Number(end), 0);
    const { records, until, close } = await collect(client, topic);
    await until(written);
    const versions = firstVersions(records);
    expect(versions.size).toBe(300);
    for (const each of versions.values()) expect(each).toEqual(upTo(20));
    await close();
  });

  it('lets a successor take over immediately after a clean stop', async () => {
    const first = relay(
      sending(async () => undefined),
      { leaseMs: 3_600_000 },
    );
    const holders = async () =>
      (await owner.query('select owner from outbox_shards')).rows.filter((r) => r.owner);
    await waitUntil(async () => (await holders()).length === 4, { what: 'all shards held' });
    await waitUntil(first.running, { what: 'the relay to run' });
    await appendEvents(owner, { customers: 4, versions: 2 });
    await first.close();
    expect(first.running()).toBe(false);
    expect(await holders()).toEqual([]);
    const second = relay(sending(async () => undefined));
    await drained();
    await second.close();
  });

  it('takes over from a crashed relay after its lease and one renewal interval: within 5 s', async () => {
    expect(RELAY_LEASE_MS + RELAY_LEASE_MS / 3).toBeLessThan(5_000);
    await holdShards(pool, 'crashed', [], RELAY_LEASE_MS);
    await appendEvents(owner, { customers: 4, versions: 2 });
    const { rows: before } = await owner.query('select shard, fence from outbox_shards order by shard');
    const successor = relay(sending(async () => undefined));
    await drained();
    const { rows: after } = await owner.query('select shard, fence from outbox_shards order by shard');
    expect(after).toEqual(before.map(({ shard, fence }) => ({ shard, fence: String(Number(fence) + 1) })));
    await successor.close();
  });

  it('sends at most one batch at a time, and deletes it before the next', async () => {
    const versions = 6 * RELAY_BATCH + 7;
    await appendEvents(owner, { customers: 1, versions, shard: 2 });
    const sizes: number[] = [];
    const left: number[] = [];
    const running = relay(
      sending(async (records) => {
        left.push(await backlog(owner));
        sizes.push(records.length);
      }),
    );
    await drained();
    await running.close();
    expect(sizes).toEqual([...upTo(6).map(() => RELAY_BATCH), 7]);
    expect(left).toEqual(upTo(7).map((n) => versions - (n - 1) * RELAY_BATCH));
  });

  it('reports the backlog, its age and the published events', async () => {
    await appendEvents(owner, { customers: 3, versions: 1 });
    const metrics = newRegistry();
    const gate = Promise.withResolvers<void>();
    const running = relay(
      sending(() => gate.promise),
      { metrics },
    );
    expect(await metrics.metrics()).toContain('core_outbox_backlog 3');
    expect(await metrics.metrics()).toMatch(
      /core_outbox_oldest_age_seconds 0\.\d+|core_outbox_oldest_age_seconds [1-9]/,
    );
    gate.resolve();
    await drained();
    await running.close();
    expect(await metrics.metrics()).toContain('core_outbox_published_total{topic="customer.created"} 3');
    expect(await metrics.metrics()).toContain('core_outbox_backlog 0');
  });

  it('estimates a long backlog instead of counting it', async () => {
    await appendEvents(owner, { customers: 600, versions: 50 });
    await owner.query('analyze outbox_events');
    const metrics = newRegistry();
    const running = relay(
      sending(() => Promise.reject(new Error('no broker'))),
      { metrics },
    );
    const backlogFigure = async () =>
      Number(/core_outbox_backlog (\d+)/.exec(await metrics.metrics())?.[1] ?? NaN);
    await waitUntil(async () => (await backlogFigure()) > 20_000, { what: 'the estimate' });
    await running.close();
  });
});
