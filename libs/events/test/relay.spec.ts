import type { Pool } from 'pg';
import { pause } from '@core/runtime';
import { waitUntil } from '@core/testing';
import {
  RELAY_BATCH,
  startRelay,
  type EventProducer,
  type EventRecord,
  type KafkaClient,
} from '../src/index.ts';
import { claimShards } from '../src/relay/leases.ts';
import { relayBatch } from '../src/relay/relay-shard.ts';
import {
  appendEvents,
  backlog,
  collect,
  connect,
  firstVersions,
  newRegistry,
  newTopic,
  openDatabase,
  quietLog,
  upTo,
} from './support.ts';

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

  const relay = (producer: EventProducer, options: { leaseMs?: number } = {}) =>
    startRelay({ pool, producer, log: quietLog, metrics: newRegistry(), ...options });
  const drained = () => waitUntil(async () => (await backlog(owner)) === 0, { what: 'an empty outbox' });
  /** Fails, or does something else, around a producer's send. */
  const sending = (send: EventProducer['send']): EventProducer => ({ send });

  it("publishes every event once, each customer's in the order of its versions, then deletes it", async () => {
    const topic = await newTopic(client, { partitions: 6 });
    await appendEvents(owner, topic, { customers: 100, versions: 20 });
    const running = relay(await client.producer());
    await drained();
    await running.close();
    const { records, until, close } = await collect(client, topic);
    await until(2000);
    expect(records).toHaveLength(2000);
    for (const versions of firstVersions(records).values()) expect(versions).toEqual(upTo(20));
    await close();
  });

  it('writes CloudEvents: attributes in the headers, the data alone in the body', async () => {
    const topic = await newTopic(client);
    await appendEvents(owner, topic, { customers: 1, versions: 1 });
    const { rows } = await owner.query('select * from outbox_events');
    const running = relay(await client.producer());
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
      ce_type: topic,
      ce_source: 'core',
      ce_time: occurredAt,
      'content-type': 'application/json',
    });
    await close();
  });

  it('deletes nothing before the acknowledgement', async () => {
    await appendEvents(owner, 'never.sent', { customers: 5, versions: 2, shard: 0 });
    const asked = Promise.withResolvers<readonly EventRecord[]>();
    const acknowledged = Promise.withResolvers<void>();
    const running = relay(
      sending((records) => {
        asked.resolve(records);
        return acknowledged.promise;
      }),
    );
    expect(await asked.promise).toHaveLength(10);
    expect(await backlog(owner)).toBe(10);
    acknowledged.resolve();
    await drained();
    await running.close();
  });

  it('keeps the events and tries again while Kafka refuses', async () => {
    await appendEvents(owner, 'some.topic', { customers: 10, versions: 3 });
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

  it('publishes an event that was committed behind a later one', async () => {
    const topic = await newTopic(client);
    const slow = await owner.connect();
    await slow.query('begin');
    await slow.query(
      `insert into outbox_events (shard, topic, merchant_id, customer_id, version, changed_fields, origin)
       values (0, $1, uuidv7(), uuidv7(), 1, '{email}', 'api')`,
      [topic],
    );
    const running = relay(await client.producer());
    await appendEvents(owner, topic, { customers: 1, versions: 3, shard: 0 });
    await drained(); // of what is committed
    await slow.query('commit');
    slow.release();
    const { until, close } = await collect(client, topic);
    await until(4);
    await drained();
    await Promise.all([running.close(), close()]);
  });

  it('deletes nothing once its lease was taken while it waited for Kafka', async () => {
    await appendEvents(owner, 'some.topic', { customers: 3, versions: 2, shard: 1 });
    const [lease] = (await claimShards(pool, 'first', 10_000)).filter(({ shard }) => shard === 1);
    const deps = { pool, log: quietLog, onPublished: () => undefined };
    const stolen = sending(async () => {
      await owner.query('update outbox_shards set lease_until = now() where shard = 1');
      expect(await claimShards(pool, 'second', 10_000)).toEqual([{ shard: 1, fence: lease!.fence + 1 }]);
    });
    expect(await relayBatch({ ...deps, producer: stolen }, lease!)).toBe('lease_lost');
    expect(await backlog(owner)).toBe(6);
    const accepted = sending(async () => undefined);
    expect(await relayBatch({ ...deps, producer: accepted }, { shard: 1, fence: lease!.fence + 1 })).toBe(
      'some',
    );
    expect(await backlog(owner)).toBe(0);
  });

  it('keeps order when relays take the shards from each other all the time; only repetitions come on top', async () => {
    const topic = await newTopic(client, { partitions: 6 });
    const producers = [connect(), connect()];
    const [a, b] = await Promise.all(producers.map((one) => one.producer()));
    const relays = [relay(a!, { leaseMs: 900 }), relay(b!, { leaseMs: 900 })];
    let thefts = 0;
    let stealing = true;
    const thief = (async () => {
      while (stealing) {
        await owner.query('update outbox_shards set lease_until = now()');
        thefts += (await claimShards(owner, 'thief', 1)).length;
        await pause(20);
      }
    })();
    for (let round = 0; round < 10; round++) {
      await appendEvents(owner, topic, { customers: 30, versions: 20 });
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

  it('lets a successor take over at once when it stops cleanly', async () => {
    const first = relay(
      sending(async () => undefined),
      { leaseMs: 3_600_000 },
    );
    const holders = async () =>
      (await owner.query('select owner from outbox_shards')).rows.filter((r) => r.owner);
    await waitUntil(async () => (await holders()).length === 4, { what: 'all shards held' });
    await waitUntil(first.running, { what: 'the relay to run' });
    await appendEvents(owner, 'some.topic', { customers: 4, versions: 2 });
    await first.close();
    expect(first.running()).toBe(false);
    expect(await holders()).toEqual([]);
    const second = relay(sending(async () => undefined));
    await drained();
    await second.close();
  });

  it('takes over from one that has gone without a word, after its lease', async () => {
    await claimShards(pool, 'gone', 300);
    await appendEvents(owner, 'some.topic', { customers: 4, versions: 2 });
    const successor = relay(
      sending(async () => undefined),
      { leaseMs: 300 },
    );
    await drained();
    await successor.close();
  });

  it('sends at most one batch at a time', async () => {
    await appendEvents(owner, 'some.topic', { customers: 1, versions: RELAY_BATCH + 7, shard: 2 });
    const sizes: number[] = [];
    const running = relay(sending(async (records) => void sizes.push(records.length)));
    await drained();
    await running.close();
    expect(sizes).toEqual([RELAY_BATCH, 7]);
  });

  it('reports backlog, age and what was published', async () => {
    await appendEvents(owner, 'some.topic', { customers: 3, versions: 1 });
    const metrics = newRegistry();
    const gate = Promise.withResolvers<void>();
    const running = startRelay({ pool, producer: sending(() => gate.promise), log: quietLog, metrics });
    expect(await metrics.metrics()).toContain('core_outbox_backlog 3');
    expect(await metrics.metrics()).toMatch(
      /core_outbox_oldest_age_seconds 0\.\d+|core_outbox_oldest_age_seconds [1-9]/,
    );
    gate.resolve();
    await drained();
    await running.close();
    expect(await metrics.metrics()).toContain('core_outbox_published_total{topic="some.topic"} 3');
    expect(await metrics.metrics()).toContain('core_outbox_backlog 0');
  });
});
