// tag: compliance
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import { Topic, type CustomerId } from '@core/contracts';
import { emailHash } from '@core/crypto';
import { inTransaction } from '@core/db';
import {
  createCustomer,
  PERSONAL_DATA,
  recordPrivacyRequest,
  redactCustomer,
  updateCustomer,
} from '@core/domain';
import { workerGroup, type KafkaClient } from '@core/events';
import { startStack, type Stack } from '@core/stack';
import {
  aMerchantId,
  endPool,
  gid,
  searchTables,
  waitUntil,
  type Backup,
  type Child,
  type Postgres,
} from '@core/testing';
import { ops } from './support.ts';

const GROUP = workerGroup(Topic.gdprRequestCreated);
const merchantId = aMerchantId();

let stack: Stack;
let dir: string;
let postgres: Postgres;
let kafka: KafkaClient;
let env: Record<string, string>;
let worker: Child | undefined;
const ctx = () => ({ caller: 'spec', requestId: 'spec', keys: stack.keys });

beforeAll(async () => {
  stack = await startStack({ postgres: {}, kafka: {} });
  ({ dir, postgres } = stack);
  kafka = stack.connectKafka();
  env = stack.envAs('core_owner');
}, 300_000);
afterAll(() => stack?.stop(), 300_000);

/** Runs work as the owner, on new connections that no restart interrupts. */
async function asOwner<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: postgres.primary.url, max: 2 });
  try {
    return await work(pool);
  } finally {
    await endPool(pool);
  }
}
const sql = <R extends object>(text: string, values: unknown[] = []): Promise<R[]> =>
  asOwner(async (pool) => (await pool.query(text, values)).rows as R[]);

async function startWorker(): Promise<void> {
  ({ child: worker } = await stack.launch('worker'));
}
async function stopWorker(): Promise<void> {
  await worker?.stop();
  worker = undefined;
}
/**
 * A worker that was stopped while it joined stays a member for some seconds: the command may report that it
 * waits.
 */
const NOTHING_BUT_WAITS = expect.stringMatching(/^(waiting until .*\n)*$/);
const published = () =>
  waitUntil(async () => (await sql('select from outbox_events limit 1')).length === 0, {
    what: 'the outbox to be published',
  });
const consumed = () =>
  waitUntil(async () => (await kafka.lag(GROUP, Topic.gdprRequestCreated)) === 0n, {
    what: 'the requests to be consumed',
  });

interface Person {
  id: CustomerId;
  email: string;
  canaries: Record<string, string | Buffer>;
}
const newPerson = (name: string, n: number): Promise<Person> =>
  asOwner((pool) =>
    inTransaction(pool, async (tx) => {
      const email = `${name}-${randomUUID()}@example.com`;
      const externalId = gid(n);
      const { customerId } = await createCustomer(tx, ctx(), { merchantId, email, externalId });
      const [row] = await tx.query<{ email: string }>('select email from customers where id = $1', [
        customerId,
      ]);
      const hash = emailHash(await stack.keys.findOrCreate(tx, merchantId), email);
      return {
        id: customerId,
        email,
        canaries: {
          [`${name}'s ciphertext`]: row!.email,
          [`${name}'s blind index`]: hash,
          [`${name}'s external id`]: externalId,
        },
      };
    }),
  );
const update = (id: CustomerId) =>
  asOwner((pool) =>
    inTransaction(pool, (tx) =>
      updateCustomer(tx, ctx(), { merchantId, customerId: id, metadata: { mark: randomUUID() } }),
    ),
  );
const versionOf = async (id: string) =>
  (await sql<{ version: number }>('select version from customers where id = $1', [id]))[0]?.version;
const foundOf = async (...people: Person[]) => {
  const canaries = Object.assign({}, ...people.map((each) => each.canaries));
  const found = await searchTables(stack.database.urlFor('core_owner'), canaries, PERSONAL_DATA);
  return found.map(({ table, canary }) => `${canary} in ${table}`);
};

/** Returns the versions on our topics, in partition order. */
async function versionsOf(id: string): Promise<number[]> {
  const versions: number[] = [];
  for (const topic of [Topic.customerCreated, Topic.customerUpdated]) {
    for await (const { value } of kafka.read(topic)) {
      const event = JSON.parse(String(value)) as { customer_id: string; version: number };
      if (event.customer_id === id) versions.push(event.version);
    }
  }
  return versions;
}

describe('a restored backup that is older than the published events', () => {
  let people: Record<'ada' | 'ben' | 'cyd' | 'dan', Person>;
  let backup: Backup;
  let kept: string;
  const [shopRequest, stopped] = [randomUUID(), randomUUID()];
  const prepare = (...args: string[]) =>
    ops(['restore', 'prepare', '--backup-time', backup.takenAt.toISOString(), ...args], env);

  beforeAll(async () => {
    kept = join(dir, 'kept.json');
    const [ada, ben, cyd] = [await newPerson('ada', 1), await newPerson('ben', 2), await newPerson('cyd', 3)];
    await update(cyd.id);
    await startWorker();
    await published();
    await stopWorker();
    await stack.given.aRequest(merchantId, { requestId: stopped, kind: 'shop_redact', waitsHours: 20 * 24 });
    backup = await postgres.primary.backUp();

    // The backup contains none of the following changes.
    await startWorker();
    const dan = await newPerson('dan', 4);
    people = { ada, ben, cyd, dan };
    await update(cyd.id);
    await update(cyd.id);
    const eventId = randomUUID();
    await (
      await kafka.producer()
    ).send([
      {
        topic: Topic.gdprRequestCreated,
        key: merchantId,
        headers: {},
        value: JSON.stringify({
          event_id: eventId,
          request_id: 'of-ada',
          merchant_id: merchantId,
          kind: 'redact',
          email: ada.email,
          occurred_at: new Date().toISOString(),
        }),
      },
    ]);
    await asOwner((pool) =>
      inTransaction(pool, async (tx) => {
        // Shopify's webhook requested this one: it is on no topic.
        await redactCustomer(tx, ctx(), { merchantId, requestId: 'of-ben', customerId: ben.id });
        await recordPrivacyRequest(tx, ctx(), {
          merchantId: aMerchantId(),
          requestId: shopRequest,
          kind: 'shop_redact',
          shop: 'gone.myshopify.com',
        });
      }),
    );
    await sql(
      `update privacy_requests set cancelled_at = now(), cancel_reason = 'mistaken' where request_id = $1`,
      [stopped],
    );
    await waitUntil(async () => (await foundOf(ada, ben)).length === 0, { what: 'both to be erased' });
    await waitUntil(
      async () =>
        (
          await sql('select from privacy_requests where request_id = $1 and completed_at is not null', [
            shopRequest,
          ])
        ).length === 1,
      { what: 'the shop to be redacted' },
    );
    await consumed();
    await published();
    const saved = await ops(['restore', 'save', '--file', kept], env);
    expect(saved).toMatchObject({ code: 0, stderr: '' });
    expect(saved.stdout).toContain('4 privacy requests');
    await stopWorker();
  }, 600_000);

  beforeEach(async () => {
    await backup.restore();
    expect((await foundOf(people.ada)).length).toBeGreaterThan(0);
    expect((await foundOf(people.ben)).length).toBeGreaterThan(0);
  }, 300_000);

  it('is not changed by a dry run, or while an app is connected', async () => {
    const before = await kafka.groupOffsets(GROUP, Topic.gdprRequestCreated);
    const dry = await prepare('--kept', kept);
    expect(dry.code).toBe(0);
    expect(dry.stdout).toContain(
      'erased since the backup and restored with it: 2 customers, to be erased again',
    );
    expect(dry.stdout).toContain('dry run: nothing was done');
    expect(await kafka.groupOffsets(GROUP, Topic.gdprRequestCreated)).toEqual(before);
    expect((await foundOf(people.ada)).length).toBeGreaterThan(0);

    const apps: Pool[] = [];
    for (const [role, says] of [
      ['core_worker', 'core_worker is connected: stop api, worker and importer first'],
      ['core_api', 'core_api and core_worker are connected: stop api, worker and importer first'],
    ] as const) {
      const app = new Pool({ connectionString: stack.database.urlFor(role) });
      apps.push(app);
      await app.query('select 1');
      const refused = await prepare('--kept', kept, '--yes');
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining(says) });
    }
    await Promise.all(apps.map(endPool));
    expect((await foundOf(people.ada)).length).toBeGreaterThan(0);
  }, 300_000);

  it('has every erasure of the kept copy repeated before any app starts; a second run finds it done', async () => {
    const result = await prepare('--kept', kept, '--yes');
    expect(result).toMatchObject({ code: 0, stderr: NOTHING_BUT_WAITS });
    expect(await foundOf(people.ada, people.ben)).toEqual([]);
    const requests = await sql<{ request_id: string; done: boolean }>(
      `select request_id, completed_at is not null as done from privacy_requests
        where request_id = any($1) order by request_id`,
      [['of-ada', 'of-ben', shopRequest]],
    );
    expect(Object.fromEntries(requests.map(({ request_id, done }) => [request_id, done]))).toEqual({
      'of-ada': true,
      'of-ben': true,
      [shopRequest]: false, // the backup restores its keys and people too
    });
    const [cancelled] = await sql<{ cancel_reason: string }>(
      'select cancel_reason from privacy_requests where request_id = $1 and cancelled_at is not null',
      [stopped],
    );
    expect(cancelled).toEqual({ cancel_reason: 'mistaken' });
    const again = await prepare('--kept', kept, '--yes', '--json');
    expect(again).toMatchObject({ code: 0, stderr: NOTHING_BUT_WAITS });
    expect(JSON.parse(again.stdout)).toMatchObject({ erased: 0, put_back: { requests: 0, tombstones: 0 } });

    // The event is consumed again, finds its receipt, and does not become a dead letter.
    await startWorker();
    await consumed();
    await published();
    await waitUntil(
      async () =>
        (
          await sql('select from privacy_requests where request_id = $1 and completed_at is null', [
            shopRequest,
          ])
        ).length === 0,
      { what: 'the shop to be redacted again' },
    );
    await stopWorker();
    expect(await foundOf(people.ada, people.ben)).toEqual([]);
    expect(await kafka.endOffsets('gdpr_request.created.dlq')).toEqual([0n, 0n, 0n, 0n, 0n, 0n]);
  }, 600_000);

  it('gets the requests that Kafka still has without a copy: the offsets are rewound to the backup', async () => {
    const result = await prepare('--yes');
    expect(result).toMatchObject({ code: 0, stderr: NOTHING_BUT_WAITS });
    expect(result.stdout).toContain('warning: no --kept');
    await startWorker();
    await waitUntil(async () => (await foundOf(people.ada)).length === 0, { what: 'ada to be erased again' });
    expect((await foundOf(people.ben)).length).toBeGreaterThan(0); // the reason for the kept copy

    // A killed worker stays a member of its groups until its session has ended.
    await worker?.kill();
    worker = undefined;
    expect(await prepare('--yes')).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(/^waiting until the last worker's session in core-worker/),
    });
  }, 600_000);

  it('publishes no version twice with other content, and publishes events for lost customers', async () => {
    const before = Math.max(...(await versionsOf(people.cyd.id)));
    expect(await versionOf(people.cyd.id)).toBeLessThan(before);
    expect(await versionOf(people.dan.id)).toBeUndefined();
    const danBefore = Math.max(...(await versionsOf(people.dan.id)));
    expect(await prepare('--kept', kept, '--yes')).toMatchObject({ code: 0, stderr: NOTHING_BUT_WAITS });
    const raised = (await versionOf(people.cyd.id))!;
    expect(raised).toBeGreaterThan(before);
    await update(people.cyd.id);
    await startWorker();
    await published();
    await stopWorker();
    const versions = await versionsOf(people.cyd.id);
    expect(versions.slice(-2)).toEqual([raised, raised + 1]);
    expect(versions.filter((version) => version === raised)).toHaveLength(1);
    expect(Math.max(...(await versionsOf(people.dan.id)))).toBeGreaterThan(danBefore);
  }, 600_000);
});

it('raises versions after a failover, while the apps run, only with --yes', async () => {
  await startWorker();
  const eve = await newPerson('eve', 5);
  await published();
  const before = (await versionOf(eve.id))!;
  expect((await ops(['restore', 'versions', '--since', '10m'], env)).stdout).toContain('dry run');
  expect(await versionOf(eve.id)).toBe(before);
  expect(await ops(['restore', 'versions', '--since', '10m', '--yes'], env)).toMatchObject({ code: 0 });
  await published();
  await stopWorker();
  expect((await versionOf(eve.id))!).toBeGreaterThan(before);
  expect(await versionsOf(eve.id)).toEqual([before, before + 1]);
}, 300_000);

it.each([
  [['restore', 'save'], '--file: is required: the file to write'],
  [['restore', 'prepare'], '--backup-time: is required: the time of the backup'],
  [
    ['restore', 'prepare', '--backup-time', '2999-01-01T00:00:00Z'],
    '--backup-time: must not be in the future',
  ],
  [['restore', 'prepare', '--backup-time', '1h', '--kept', '/no/such/file'], '--kept /no/such/file'],
  [['restore', 'versions'], '--since: is required: the time since'],
])('refuses %j: %s', async (args, words) => {
  const result = await ops(args, env);
  expect(result.code).not.toBe(0);
  expect(result.stderr).toContain(words);
});
