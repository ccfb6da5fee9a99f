// tag: compliance
import type { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createPool, databaseEnv, migrateDatabase } from '@core/db';
import { createLogger, readEnv } from '@core/runtime';
import {
  aMerchantId,
  databaseEnvironment,
  insertCustomer,
  openCoreDatabase,
  type TestDatabase,
} from '@core/testing';
import { openReadRouter, replicasEnv } from '../src/index.ts';

let owner: Pool;
let api: Pool;
let database: TestDatabase;
let close: () => Promise<void>;
const log = createLogger('row-security', 'silent');
const A = aMerchantId();
const B = aMerchantId();

/** The environment of an API, with one connection: state that one read leaves on it affects the next one. */
const env = () =>
  readEnv(
    { ...databaseEnv, ...replicasEnv },
    {
      ...databaseEnvironment(database.urlFor('core_api')),
      CORE_DB_POOL: '1',
      CORE_DB_REPLICAS: new URL(database.replicaUrl).host,
      CORE_DB_MAX_LAG_MS: '60000',
      CORE_DB_HEDGE: 'false',
    },
  );

beforeAll(async () => {
  ({ pool: owner, database, close } = await openCoreDatabase(migrateDatabase));
  api = createPool(env(), { app: 'row-security', log });
  for (const merchantId of [A, B]) await insertCustomer(owner, merchantId);
});
afterAll(async () => {
  await api.end();
  await close();
});

describe('a read of the router', () => {
  const withRouter = async <T>(work: (router: Awaited<ReturnType<typeof openReadRouter>>) => Promise<T>) => {
    const router = await openReadRouter({ env: env(), app: 'row-security', primary: api, log });
    try {
      return await work(router);
    } finally {
      await router.stop();
    }
  };
  const all = 'select distinct merchant_id from customers';

  it.each(['strong', 'minimize_latency'] as const)('sees only its merchant: %s', (kind) =>
    withRouter(async (router) => {
      const read = (merchantId?: MerchantId) =>
        router.reader({ kind }, merchantId === undefined ? {} : { merchantId }).query(all);
      // Concurrently, on one connection.
      const both = await Promise.all([A, B, undefined, A].map((merchantId) => read(merchantId)));
      expect(both).toEqual([[{ merchant_id: A }], [{ merchant_id: B }], [], [{ merchant_id: A }]]);
      await expect(read(`${A}'` as MerchantId)).rejects.toThrow('must be a uuid');
    }),
  );

  it('writes nothing, and leaves a clean connection when it fails', () =>
    withRouter(async (router) => {
      const reader = router.reader({ kind: 'strong' }, { merchantId: A });
      const pid = async () => (await reader.query<{ pid: number }>('select pg_backend_pid() as pid'))[0]!.pid;
      const before = await pid();
      await expect(reader.query('select 1 / 0')).rejects.toThrow('division by zero');
      await expect(reader.query('insert into customers (merchant_id) values ($1)', [A])).rejects.toThrow();
      expect(await router.reader({ kind: 'strong' }).query(all)).toEqual([]);
      await expect(reader.query('select * from no_such_table', [], 'named')).rejects.toThrow('no_such_table');
      expect(await reader.query('select $1::int as n', [1], 'named_too')).toEqual([{ n: 1 }]);
      expect(await reader.query(all)).toEqual([{ merchant_id: A }]);
      expect(await router.reader({ kind: 'strong' }).query(all)).toEqual([]);
      expect(typeof before).toBe('number');
    }));
});
