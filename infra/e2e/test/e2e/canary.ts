import { randomInt, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'pg';
import { CoreService, deadLetterTopic, Topic } from '@core/contracts';
import { PERSONAL_DATA } from '@core/domain';
import { endPool, searchFiles, searchTables, waitUntil, type Canaries } from '@core/testing';
import {
  controlShop,
  newMerchant,
  newShop,
  publish,
  readTopic,
  rows,
  startImport,
  watchImport,
  type E2e,
} from './support.ts';

interface Person {
  merchantId: string;
  customerId: string;
  email: string;
  externalId: string;
  name: string;
  canaries: Canaries;
}

/**
 * Creates a person with an import error, whose metadata also contains email and name, where they do not
 * belong.
 */
async function seed(e2e: E2e): Promise<Person> {
  const merchantId = newMerchant();
  const shop = newShop();
  await controlShop(e2e, shop, { customers: 300 });
  const importId = await startImport(e2e, merchantId, shop);
  await watchImport(e2e, merchantId, importId);
  const email = `canary-${randomUUID()}@example.com`;
  const name = `Ada-${randomUUID()}`;
  const number = String(randomInt(1e12, 9e12));
  const externalId = `gid://shopify/Customer/${number}`;
  const { customerId } = await e2e.rpc.unary(CoreService.method.createCustomer, {
    merchantId,
    email,
    externalId,
    metadata: { note: email, name },
  });
  const { DEV_DB_URL } = e2e.stack.env;
  await rows(
    DEV_DB_URL,
    `insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, 'spec')`,
    [importId, merchantId, externalId],
  );
  const [stored] = await rows<{ email: string; hash: Buffer }>(
    DEV_DB_URL,
    'select email, email_hash as hash from customers where id = $1',
    [customerId],
  );
  // Only the number: every form of the id contains it.
  const canaries = {
    email,
    name,
    'external id': number,
    ciphertext: stored!.email,
    'blind index': stored!.hash,
  };
  return { merchantId, customerId, email, externalId, name, canaries };
}

/**
 * Publishes a request that no handler can serve. It contains each identifier of the person: as key, in known
 * fields, in others.
 */
async function publishUnservable(e2e: E2e, { merchantId, externalId, email, name }: Person): Promise<string> {
  const requestId = randomUUID();
  await publish(e2e, Topic.gdprRequestCreated, externalId, {
    event_id: randomUUID(),
    request_id: requestId,
    merchant_id: merchantId,
    kind: 'forget',
    external_id: externalId,
    email,
    first_name: name,
    contact: { [email]: name },
  });
  const hasCome = async () =>
    (await readTopic(e2e, deadLetterTopic(Topic.gdprRequestCreated))).some(({ value }) =>
      String(value).includes(requestId),
    );
  await waitUntil(hasCome, { what: 'the dead letter' });
  return requestId;
}

/**
 * Opens all places to search. The tables are searched as superuser, the only role that may read everything.
 */
async function openPlaces({ stack, dir }: E2e) {
  const { primary, replicas } = stack.services.postgres;
  const urls = [primary, ...replicas].map(({ adminUrl }) => {
    const url = new URL(adminUrl);
    url.pathname = '/core_db';
    return url.href;
  });
  const pools = urls.map((connectionString) => new Pool({ connectionString, max: 2 }));
  const [first] = pools as [Pool, ...Pool[]];
  const folders = await Promise.all(
    pools.map(async (pool) => {
      const { rows: at } = await pool.query<{ dir: string }>(
        `select current_setting('data_directory') as dir`,
      );
      return join(at[0]!.dir, 'base');
    }),
  );
  const kafka = join(dir, 'kafka/data');
  const ofRequests = (path: string) => path.startsWith(`${Topic.gdprRequestCreated}-`);
  return {
    tables: async (canaries: Canaries) =>
      (await Promise.all(urls.map((url) => searchTables(url, canaries, PERSONAL_DATA)))).flat(),
    /**
     * Tables and indexes of the primary and of each replica. The WAL is excluded: like backups, it contains
     * old data until it is recycled.
     */
    data: (canaries: Canaries) => Promise.all(folders.map((folder) => searchFiles(folder, canaries))),
    /** Flushes all data to disk, and removes what remains of deleted data: dead rows and statistics. */
    async settle() {
      await first.query('vacuum (full, analyze)');
      await first.query('checkpoint');
      const { rows: at } = await first.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
      for (const pool of pools.slice(1)) {
        const replayed = () =>
          pool.query('select where pg_last_wal_replay_lsn() >= $1::pg_lsn', [at[0]?.lsn]);
        await waitUntil(async () => (await replayed()).rowCount === 1, { what: 'the replica to catch up' });
        await pool.query('checkpoint');
      }
    },
    /**
     * All topics except the privacy requests, which other services publish and which stay until their
     * retention ends.
     */
    topics: (canaries: Canaries) => searchFiles(kafka, canaries, ofRequests),
    requests: (canaries: Canaries) => searchFiles(kafka, canaries, (path) => !ofRequests(path)),
    async redis(canaries: Canaries) {
      const { port } = stack.services.redis;
      await tellRedis(port, 'CONFIG SET rdbcompression no');
      await tellRedis(port, 'SAVE');
      return searchFiles(join(dir, 'redis/data'), canaries);
    },
    /** The logs of every process of the stack, without Kafka's data files, which also end in .log. */
    logs: (canaries: Canaries) =>
      searchFiles(dir, canaries, (path) => !path.endsWith('.log') || path.startsWith('kafka/data')),
    close: () => Promise.all(pools.map(endPool)),
  };
}

/** Sends one inline command. */
const tellRedis = (port: number, command: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${command}\r\n`));
    socket.once('error', reject);
    socket.once('data', (reply) => {
      socket.destroy();
      if (String(reply).startsWith('+OK')) resolve();
      else reject(new Error(`Redis: ${String(reply)}`));
    });
  });

const names = (found: readonly { canary: string }[]) =>
  [...new Set(found.map(({ canary }) => canary))].sort();

/** Creates a customer whose email is stored only where it belongs. */
async function seedEncrypted(e2e: E2e): Promise<Canaries> {
  const email = `encrypted-${randomUUID()}@example.com`;
  const { customerId } = await e2e.rpc.unary(CoreService.method.createCustomer, {
    merchantId: newMerchant(),
    email,
  });
  const [stored] = await rows<{ email: string }>(
    e2e.stack.env.DEV_DB_URL,
    'select email from customers where id = $1',
    [customerId],
  );
  return { email, ciphertext: stored!.email };
}

export const canary = (e2e: () => E2e) => {
  it('finds an email at rest only as ciphertext: in the column and the data files of primary and replica', async () => {
    const canaries = await seedEncrypted(e2e());
    expect(canaries['ciphertext']).toMatch(/^1\.[A-Za-z0-9+/=]+$/);
    const places = await openPlaces(e2e());
    try {
      await places.settle();
      expect(names(await places.tables(canaries))).toEqual(['ciphertext']);
      for (const found of await places.data(canaries)) expect(names(found)).toEqual(['ciphertext']);
    } finally {
      await places.close();
    }
  });

  it('finds nothing of an erased person in tables, data files, topics, Redis or logs', async () => {
    const person = await seed(e2e());
    const { merchantId, customerId, email, canaries } = person;
    const places = await openPlaces(e2e());
    try {
      // Before the erasure, the searches find every canary.
      await places.settle();
      const all = Object.keys(canaries).sort();
      expect(names(await places.tables(canaries))).toEqual(all);
      for (const found of await places.data(canaries)) expect(names(found)).toEqual(all);
      const requestId = await publishUnservable(e2e(), person);
      expect(names(await places.requests(canaries))).toEqual(['email', 'external id', 'name']);
      expect(await places.topics({ request: requestId })).toEqual([
        { canary: 'request', file: expect.stringContaining(deadLetterTopic(Topic.gdprRequestCreated)) },
      ]);

      await publish(e2e(), Topic.gdprRequestCreated, customerId, {
        event_id: randomUUID(),
        request_id: `canary-${customerId}`,
        merchant_id: merchantId,
        email,
      });
      const { DEV_DB_URL } = e2e().stack.env;
      await waitUntil(
        async () =>
          (
            await rows(DEV_DB_URL, 'select 1 from customers where id = $1 and erased_at is not null', [
              customerId,
            ])
          ).length === 1,
        { what: 'the erasure' },
      );
      await waitUntil(
        async () => (await rows(DEV_DB_URL, 'select 1 from outbox_events limit 1')).length === 0,
        { what: 'the outbox to drain', limitMs: 180_000 },
      );
      // Every ten seconds the replica reports which dead rows its readers may need. Until then the primary
      // keeps them.
      const gone = async () => {
        await places.settle();
        return (await places.data(canaries)).flat().length === 0;
      };
      await waitUntil(gone, { what: 'the dead rows to be removed', limitMs: 120_000, everyMs: 2_000 }).catch(
        () => undefined,
      );
      expect((await places.data(canaries)).flat()).toEqual([]);
      expect(await places.tables(canaries)).toEqual([]);
      expect(await places.topics(canaries)).toEqual([]);
      expect(await places.redis(canaries)).toEqual([]);
      expect(await places.logs(canaries)).toEqual([]);
    } finally {
      await places.close();
    }
  });
};
