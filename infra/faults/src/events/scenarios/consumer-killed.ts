import { randomUUID } from 'node:crypto';
import { Topic } from '@core/contracts';
import type { EventRecord } from '@core/events';
import { createFrameReader, KafkaRequest } from '../kafka-frames.ts';
import { type Fixture, type Scenario } from '../scenario.ts';
import { eventually } from '../../eventually.ts';
import type { Trap } from '../../trap-proxy.ts';
import { MERCHANT } from '../writers.ts';
import { awaitTrap } from '../../await-trap.ts';

const GROUP = 'core-worker';

const commitsOffsets = (): Trap => {
  const read = createFrameReader();
  return (bytes) => read(bytes).includes(KafkaRequest.offsetCommit);
};

/** Builds score number `sequence` of a customer; a higher number was computed later. */
export function scoreRecord(customerId: string, sequence: number): EventRecord {
  const asOf = new Date(Date.UTC(2026, 0, 1) + sequence * 1_000).toISOString();
  const part = (n: number) => 1 + (Math.floor(sequence / 5 ** n) % 5);
  const score = { recency: part(0), frequency: part(1), monetary: part(2), as_of: asOf, sequence };
  return {
    topic: Topic.rfmUpdated,
    key: customerId,
    headers: {},
    value: JSON.stringify({
      event_id: randomUUID(),
      merchant_id: MERCHANT,
      customer_id: customerId,
      rfm_score: score,
      occurred_at: asOf,
    }),
  };
}

export const untilApplied = ({ stack }: Fixture): Promise<unknown> =>
  eventually('the scores to be applied', async () => (await stack.kafka.lag(GROUP, Topic.rfmUpdated)) === 0n);

/** Creates separate customers: the ledger matches the versions of all others with calls. */
export async function newCustomers({ stack }: Fixture, count: number): Promise<string[]> {
  const { rows } = await stack.owner.query<{ id: string; version: number }>(
    `with new as (insert into customers (merchant_id) select $1 from generate_series(1, $2) returning id, merchant_id),
          events as (insert into outbox_events (partition, shard, topic, merchant_id, customer_id, version, changed_fields, origin)
                   select (select partition from outbox_current_partition), abs(hashtext(id::text)::bigint) % 4,
                          '${Topic.customerCreated}', merchant_id, id, 1, '{external_id}', 'import' from new)
     select id from new`,
    [MERCHANT, count],
  );
  return rows.map(({ id }) => id);
}

/** Returns the customers whose stored score is not the newest that was sent. */
export async function findStaleScores(
  { stack }: Fixture,
  customers: readonly string[],
  newest: number,
): Promise<string[]> {
  const { rows } = await stack.owner.query<{ id: string; sequence: string | null }>(
    `select id, rfm_score ->> 'sequence' as sequence from customers where id = any($1::uuid[])`,
    [customers],
  );
  return rows
    .filter(({ sequence }) => Number(sequence) !== newest)
    .map(({ id, sequence }) => `${id}: score ${sequence ?? 'none'} is stored, ${newest} is the newest`);
}

export const consumerKilled: Scenario[] = [
  {
    name: 'consumer killed between database commit and offset commit',
    async run(fixture) {
      const { stack, workers, short } = fixture;
      const kills = short ? 1 : 5;
      const customers = await newCustomers(fixture, 50);
      const producer = await stack.kafka.producer();
      for (let n = 1; n <= kills; n++) {
        if (workers.all().length === 0) await workers.start();
        await producer.send(customers.map((id) => scoreRecord(id, n)));
        await awaitTrap(fixture, stack.kafkaProxy, commitsOffsets, 'before', () => workers.kill());
      }
      await workers.start();
      await untilApplied(fixture);
      const violations = await findStaleScores(fixture, customers, kills);
      return { faults: kills, note: `${kills} kills`, violations };
    },
  },
  {
    name: 'scores repeated, shuffled and hours late',
    async run(fixture) {
      const { stack, workers, random, short } = fixture;
      if (workers.all().length === 0) await workers.start();
      const customers = await newCustomers(fixture, short ? 50 : 300);
      const newest = 8;
      const all = customers.flatMap((id) => Array.from({ length: newest }, (_, n) => scoreRecord(id, n + 1)));
      const [late, early] = [all.filter((_, n) => n % newest === 2), all.filter((_, n) => n % newest !== 2)];
      const producer = await stack.kafka.producer();
      await producer.send(random.shuffled([...early, ...early.filter(() => random.below(2) === 0)]));
      await untilApplied(fixture);
      await producer.send(random.shuffled(late));
      await untilApplied(fixture);
      const before = await versionsOf(fixture, customers);
      // All scores again: no row changes, and nothing is emitted.
      await producer.send(random.shuffled(all));
      await untilApplied(fixture);
      const after = await versionsOf(fixture, customers);
      const violations = await findStaleScores(fixture, customers, newest);
      if (before !== after) violations.push('repeated scores have changed rows');
      return { faults: 0, note: `${all.length} scores`, violations };
    },
  },
];

const versionsOf = async ({ stack }: Fixture, customers: readonly string[]): Promise<string> => {
  const { rows } = await stack.owner.query<{ all: string }>(
    `select string_agg(id || ':' || version, ',' order by id) as all from customers where id = any($1::uuid[])`,
    [customers],
  );
  return rows[0]?.all ?? '';
};
