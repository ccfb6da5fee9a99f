import type { Pool } from 'pg';
import { appendToOutbox, inTransaction } from '@core/db';
import { aCustomerId, aMerchantId, waitUntil } from '@core/testing';
import { startRelay, type EventRecord, type Relay } from '../src/index.ts';
import { appendEvents, newRegistry, openDatabase, quietLog } from './support.ts';

/** An interval so long that nothing is polled: neither the leases nor, once they sleep, the shards. */
const NEVER_MS = 3_600_000;

let database: Awaited<ReturnType<typeof openDatabase>>;
let pool: Pool;
let owner: Pool;
beforeAll(async () => {
  database = await openDatabase();
  ({ pool, owner } = database);
});
afterAll(() => database.close());
beforeEach(() => owner.query('update outbox_shards set owner = null, lease_until = null'));

const sent: string[] = [];
const relays: Relay[] = [];
afterEach(() => Promise.all(relays.splice(0).map((one) => one.close())));
function start(options: { leaseMs?: number } = {}): void {
  const producer = {
    send: async (records: readonly EventRecord[]) => void sent.push(...records.map((r) => String(r.key))),
  };
  relays.push(startRelay({ pool, producer, log: quietLog, metrics: newRegistry(), ...options }));
}

/** Commits one event like a command. */
const commitOne = async (): Promise<string> => {
  const customerId = aCustomerId();
  const change = {
    customerId,
    merchantId: aMerchantId(),
    version: 2,
    changedFields: [],
    origin: 'api',
  } as const;
  await inTransaction(pool, (tx) => appendToOutbox(tx, [change]));
  return customerId;
};
const published = (customerId: string) =>
  waitUntil(() => sent.includes(customerId), { what: 'the event being published' });

// Queried as the worker's role, which can see its own sessions.
const SESSIONS = 'pg_stat_activity where datname = current_database()';
const LISTENER = `${SESSIONS} and state = 'idle' and query like 'listen %'`;
const listening = () =>
  waitUntil(async () => (await pool.query(`select from ${LISTENER}`)).rowCount === 1, {
    what: 'the relay to listen',
  });
/** Waits until no shard has polled for two seconds: they poll every 200 ms until they sleep. */
const asleep = () =>
  waitUntil(
    async () => {
      const { rows } = await pool.query<{ asleep: boolean | null }>(
        `select bool_and(state = 'idle' and state_change < now() - interval '2 s') as asleep
           from ${SESSIONS} and query like 'select "id" as "id", "event_id" %'`,
      );
      return rows[0]!.asleep === true;
    },
    { what: 'the shards to sleep' },
  );

it('is woken by a commit after an idle time, when the next poll is hours away', async () => {
  start({ leaseMs: NEVER_MS });
  await listening();
  await asleep();
  await published(await commitOne());
  await asleep();
  await published(await commitOne());
});

it('polls while it receives no notifications, and listens again', async () => {
  start({ leaseMs: NEVER_MS });
  await listening();
  await asleep();
  const { rowCount } = await pool.query(`select pg_terminate_backend(pid) from ${LISTENER}`);
  expect(rowCount).toBe(1);
  await published(await commitOne());
  await listening();
  await asleep();
  await published(await commitOne());
});

it('finds events without a notification when it renews its leases', async () => {
  start();
  await listening();
  await asleep();
  await appendEvents(owner, { customers: 5, versions: 1 });
  await waitUntil(async () => (await owner.query('select from outbox_events')).rowCount === 0, {
    what: 'an empty outbox',
  });
});
