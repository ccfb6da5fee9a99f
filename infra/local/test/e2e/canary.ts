import { randomInt, randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Pool } from 'pg';
import { CoreService, Topic } from '@core/contracts';
import { endPool, searchFiles, searchTables, waitUntil, type Canaries } from '@core/testing';
import {
  controlShop,
  logs,
  newMerchant,
  newShop,
  publish,
  rows,
  startImport,
  watchImport,
  type E2e,
} from './support.ts';

interface Person {
  merchantId: string;
  customerId: string;
  canaries: Canaries;
}

/** Somebody whose email stands also where it should not: in metadata. And whom an import could not store. */
async function seed(e2e: E2e): Promise<Person> {
  const merchantId = newMerchant();
  const shop = newShop();
  await controlShop(e2e, shop, { customers: 300 });
  const importId = await startImport(e2e, merchantId, shop);
  await watchImport(e2e, merchantId, importId);
  const email = `canary-${randomUUID()}@example.com`;
  const externalId = `gid://shopify/Customer/${randomInt(1e12, 9e12)}`;
  const { customerId } = await e2e.rpc.unary(CoreService.method.createCustomer, {
    merchantId,
    email,
    externalId,
    metadata: { note: email },
  });
  const { CORE_DB_URL } = e2e.stack.env;
  await rows(
    CORE_DB_URL,
    `insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $2, $3, 'spec')`,
    [importId, merchantId, externalId],
  );
  const [stored] = await rows<{ email: string; hash: Buffer }>(
    CORE_DB_URL,
    'select email, email_hash as hash from customers where id = $1',
    [customerId],
  );
  const canaries = { email, externalId, ciphertext: stored!.email, 'blind index': stored!.hash };
  return { merchantId, customerId, canaries };
}

/** Where the searches look; the superuser alone may read everything. */
async function openPlaces({ stack, dir }: E2e) {
  const { primary, replicas } = stack.services.postgres;
  const urls = [primary, ...replicas].map(({ adminUrl }) => {
    const url = new URL(adminUrl);
    url.pathname = '/core_db';
    return url.href;
  });
  const pools = urls.map((connectionString) => new Pool({ connectionString, max: 2 }));
  const [first] = pools as [Pool, ...Pool[]];
  const data = (await first.query<{ dir: string }>(`select current_setting('data_directory') as dir`))
    .rows[0]!.dir;
  return {
    tables: async (canaries: Canaries) =>
      (await Promise.all(pools.map((pool) => searchTables(pool, canaries)))).flat(),
    /** Tables and indexes. The log of changes keeps what was there until it is recycled, as backups do. */
    data: (canaries: Canaries) => searchFiles(join(data, 'base'), canaries),
    /** Writes out everything, and leaves nothing of what was deleted: rows that are dead, and statistics. */
    async settle() {
      await first.query('vacuum (full, analyze)');
      await first.query('checkpoint');
      const { rows: at } = await first.query<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
      for (const pool of pools.slice(1)) {
        const replayed = () =>
          pool.query('select where pg_last_wal_replay_lsn() >= $1::pg_lsn', [at[0]?.lsn]);
        await waitUntil(async () => (await replayed()).rowCount === 1, { what: 'the replica to follow' });
      }
    },
    /** Of our own topics: the requests of others lie in theirs, for as long as its retention says. */
    topics: (canaries: Canaries) =>
      searchFiles(join(dir, 'kafka/data'), canaries, (path) =>
        path.startsWith(`${Topic.gdprRequestCreated}-`),
      ),
    async redis(canaries: Canaries) {
      const { port } = stack.services.redis;
      await tellRedis(port, 'CONFIG SET rdbcompression no');
      await tellRedis(port, 'SAVE');
      return searchFiles(join(dir, 'redis/data'), canaries);
    },
    logs: (canaries: Canaries) =>
      logs(dir).filter((line) => Object.values(canaries).some((value) => line.includes(String(value)))),
    close: () => Promise.all(pools.map(endPool)),
  };
}

/** One inline command. */
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

export const canary = (e2e: () => E2e) => {
  it('of an erased person is nowhere: tables, data files, topics, Redis, logs', async () => {
    const { merchantId, customerId, canaries } = await seed(e2e());
    const places = await openPlaces(e2e());
    try {
      // The searches find what is there.
      await places.settle();
      const all = Object.keys(canaries).sort();
      expect(names(await places.tables(canaries))).toEqual(all);
      expect(names(await places.data(canaries))).toEqual(all);

      await publish(e2e(), Topic.gdprRequestCreated, customerId, {
        event_id: randomUUID(),
        request_id: `canary-${customerId}`,
        merchant_id: merchantId,
        email: canaries['email'] as string,
      });
      const { CORE_DB_URL } = e2e().stack.env;
      await waitUntil(
        async () =>
          (
            await rows(CORE_DB_URL, 'select 1 from customers where id = $1 and erased_at is not null', [
              customerId,
            ])
          ).length === 1,
        { what: 'the erasure' },
      );
      await waitUntil(
        async () => (await rows(CORE_DB_URL, 'select 1 from outbox_events limit 1')).length === 0,
        { what: 'the outbox to drain', limitMs: 180_000 },
      );
      // The replica tells every ten seconds which dead rows its readers may still need; till then they are kept.
      const gone = async () => {
        await places.settle();
        return (await places.data(canaries)).length === 0;
      };
      await waitUntil(gone, { what: 'the dead rows to go', limitMs: 120_000, everyMs: 2_000 }).catch(
        () => undefined,
      );
      expect(await places.data(canaries)).toEqual([]);
      expect(await places.tables(canaries)).toEqual([]);
      expect(await places.topics(canaries)).toEqual([]);
      expect(await places.redis(canaries)).toEqual([]);
      expect(places.logs(canaries)).toEqual([]);
    } finally {
      await places.close();
    }
  });
};
