import { randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { migrateDatabase } from '@core/db';
import { createLogger, Registry } from '@core/runtime';
import { createCoreDatabase, testServices, waitUntil } from '@core/testing';
import {
  connectKafka,
  type ConsumedRecord,
  type EventProducer,
  type EventRecord,
  type KafkaClient,
} from '../src/index.ts';

export const quietLog = createLogger('spec', 'silent');
export const newRegistry = () => new Registry();

export const connect = (): KafkaClient =>
  connectKafka({ brokers: [testServices().kafka.broker], clientId: 'spec' });

/** Creates a separate topic for a test, and its dead-letter topic if requested. */
export async function newTopic(client: KafkaClient, { partitions = 2, dlq = false } = {}): Promise<string> {
  const name = `spec.${randomUUID()}`;
  const names = dlq ? [name, `${name}.dlq`] : [name];
  await client.ensureTopics(names.map((topic) => ({ name: topic, partitions, config: {} })));
  return name;
}

/**
 * Creates a separate migrated database for a spec file, with a pool as the worker's role and one as the
 * owner.
 */
export async function openDatabase() {
  const database = await createCoreDatabase(migrateDatabase);
  const pool = new Pool({ connectionString: database.urlFor('core_worker'), max: 10 });
  const owner = new Pool({ connectionString: database.url, max: 4 });
  return {
    pool,
    owner,
    close: async () => {
      await Promise.all([pool.end(), owner.end()]);
      await database.drop();
    },
  };
}

/**
 * Returns a producer that sends all records to a topic of the test: the outbox accepts only the topics of the
 * service.
 */
export const into = (topic: string, producer: EventProducer): EventProducer => ({
  send: (records) => producer.send(records.map((record) => ({ ...record, topic }))),
});

/**
 * Appends events of `customers` customers in turn, with ascending versions; all in one shard if it is given.
 */
export async function appendEvents(
  owner: Pool,
  { customers, versions, shard }: { customers: number; versions: number; shard?: number },
): Promise<void> {
  const ids = Array.from({ length: customers }, () => randomUUID());
  await owner.query(
    `insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
     select (select partition from outbox_current_partition), coalesce($4::int, abs(hashtext(c.id::text)::bigint) % 4),
            case v.version when 1 then 'customer.created' else 'customer.updated' end, $1, c.id, v.version, '{email,metadata}', 'api'
       from generate_series(1, $3::int) as v (version) cross join unnest($2::uuid[]) as c (id)
      order by v.version`,
    [randomUUID(), ids, versions, shard ?? null],
  );
}

export const backlog = async (owner: Pool): Promise<number> =>
  Number((await owner.query<{ n: string }>('select count(*) as n from outbox_events')).rows[0]!.n);

/** Collects the records of topics as they arrive. */
export async function collect(client: KafkaClient, ...topics: string[]) {
  const records: ConsumedRecord[] = [];
  const consumer = await client.consume({
    groupId: `spec.${randomUUID()}`,
    topics,
    onBatch: async (batch) => void records.push(...batch),
  });
  return {
    records,
    until: (n: number) =>
      waitUntil(() => records.length >= n, { what: `${n} records (there are ${records.length})` }),
    close: () => consumer.close(),
  };
}

/** Returns the versions of each key in the order of their first occurrence. */
export function firstVersions(
  records: readonly Pick<ConsumedRecord | EventRecord, 'key' | 'value'>[],
): Map<string, number[]> {
  const byKey = new Map<string, number[]>();
  for (const { key, value } of records) {
    const { version } = JSON.parse(String(value)) as { version: number };
    const versions = byKey.get(String(key)) ?? [];
    if (!versions.includes(version)) versions.push(version);
    byKey.set(String(key), versions);
  }
  return byKey;
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
