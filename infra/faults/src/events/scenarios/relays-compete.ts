import { pause } from '@core/runtime';
import { type Fixture, type Scenario } from '../scenario.ts';
import { eventually } from '../../eventually.ts';
import { awaitTrap } from '../../await-trap.ts';
import { marksRows, sendsRecords } from './relay-killed.ts';

const owners = async ({ stack }: Fixture): Promise<string[]> => {
  const { rows } = await stack.owner.query<{ owner: string }>(
    'select distinct owner from outbox_shards where lease_until > now()',
  );
  return rows.map(({ owner }) => owner);
};

/** Assigns every shard to a nonexistent relay for five seconds. @returns the events that wait at that time */
async function takeLeases({ stack }: Fixture): Promise<string[]> {
  await stack.owner.query(
    `update outbox_shards set owner = 'elsewhere', fence = fence + 1, lease_until = now() + interval '5 s'`,
  );
  const { rows } = await stack.owner.query<{ id: string }>('select event_id as id from outbox_events');
  return rows.map(({ id }) => id);
}

const countRemaining = async ({ stack }: Fixture, events: readonly string[]): Promise<number> =>
  (await stack.owner.query('select from outbox_events where event_id = any($1::uuid[])', [events]))
    .rowCount ?? 0;

/** Reads the pid from the owner id of a relay: hostname/pid/uuid. */
const pidOf = (owner: string): number => Number(owner.split('/')[1]);

export const relaysCompete: Scenario[] = [
  {
    name: 'two relays at once, the active one killed',
    async run(fixture) {
      const { stack, workers, short, random, signal } = fixture;
      const kills = short ? 3 : 20;
      let slowest = 0;
      for (let n = 0; n < kills; n++) {
        while (workers.all().length < 2) await workers.start();
        await eventually('a relay to hold the outbox', async () => (await owners(fixture)).length > 0);
        await pause(random.below(500), signal);
        const [owner = ''] = await owners(fixture);
        const victim = workers.all().find(({ pid }) => pid === pidOf(owner)) ?? workers.all()[0];
        await victim?.kill();
        const since = performance.now();
        await awaitTrap(fixture, stack.kafkaProxy, sendsRecords, 'after', async () => {
          slowest = Math.max(slowest, performance.now() - since);
        });
      }
      const seconds = (slowest / 1_000).toFixed(1);
      return { faults: kills, note: `${kills} kills, the successor sent after at most ${seconds} s` };
    },
  },
  {
    name: 'a relay stopped and woken after its successor took over',
    async run(fixture) {
      const { workers, short, signal } = fixture;
      while (workers.all().length < 2) await workers.start();
      await eventually('a relay to hold the outbox', async () => (await owners(fixture)).length === 1);
      const [before = ''] = await owners(fixture);
      const stopped = workers.all().find(({ pid }) => pid === pidOf(before));
      if (!stopped) throw new Error('the outbox is held by a process that is not ours');
      process.kill(stopped.pid, 'SIGSTOP');
      const since = Date.now();
      try {
        await eventually('a successor', async () =>
          (await owners(fixture)).some((owner) => owner !== before),
        );
        // A relay that is stopped long enough has also lost its connections.
        if (!short) await pause(45_000 - (Date.now() - since), signal);
      } finally {
        process.kill(stopped.pid, 'SIGCONT');
      }
      const seconds = Math.round((Date.now() - since) / 1_000);
      // Once it detects the loss, it competes for the leases like any relay: it must not have them back by
      // then.
      await pause(2_000, signal);
      const after = await owners(fixture);
      return {
        faults: 1,
        note: `stopped for ${seconds} s`,
        violations: after.includes(before)
          ? ['the woken relay holds shards again, although its successor runs']
          : [],
      };
    },
  },
  {
    name: 'a mark that arrives after the lease is lost',
    async run(fixture) {
      const { stack, workers, short } = fixture;
      if (workers.all().length === 0) await workers.start();
      const marks = short ? 2 : 10;
      let deleted = 0;
      for (let n = 0; n < marks; n++) {
        let before: string[] = [];
        await awaitTrap(fixture, stack.postgresProxy, marksRows, 'held', async () => {
          before = await takeLeases(fixture);
        });
        deleted += before.length - (await countRemaining(fixture, before));
      }
      return {
        faults: marks,
        note: `${marks} marks`,
        violations: deleted > 0 ? [`${deleted} events were marked by a relay without a lease`] : [],
      };
    },
  },
];
