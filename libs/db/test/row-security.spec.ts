// tag: compliance
import { Client, type Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createLogger, readEnv } from '@core/runtime';
import { databaseEnvironment, insertCustomer, type TestDatabase } from '@core/testing';
import { createPool, CUSTOMERS_SHA256, databaseEnv, NIL_UUID, inTransaction, type Tx } from '../src/index.ts';
import { merchant, openDatabase } from './support.ts';

let owner: Pool;
let api: Pool;
let database: TestDatabase;
let close: () => Promise<void>;
const log = createLogger('row-security', 'silent');
const A = merchant();
const B = merchant();
/** A customer of A, and one of B. */
let a: string;
let b: string;

/** The environment of an api with one connection: state left on it affects the next transaction. */
const env = () =>
  readEnv(databaseEnv, { ...databaseEnvironment(database.urlFor('core_api')), CORE_DB_POOL: '1' });

beforeAll(async () => {
  ({ pool: owner, database, close } = await openDatabase());
  api = createPool(env(), { app: 'row-security', log });
  a = await insertCustomer(owner, A);
  b = await insertCustomer(owner, B);
  for (const merchantId of [A, B]) {
    const shop = `${merchantId}.myshopify.com`;
    for (const row of ROWS)
      await owner.query(row.replaceAll('$1', `'${merchantId}'`).replaceAll('$2', `'${shop}'`));
  }
});
afterAll(async () => {
  await api.end();
  await close();
});

/** A row of each table under row-level security except customers, inserted by the owner. */
const ROWS = [
  `insert into program_settings (merchant_id, rfm_thresholds) values ($1, '{}')`,
  `insert into merchant_keys (merchant_id, generation, data_key, index_key) values ($1, 1, 'd', 'i')`,
  `insert into erasure_tombstones (merchant_id, kind, hash, request_id) values ($1, 'email', '\\x00', 'r')`,
  `insert into privacy_requests (merchant_id, request_id, kind, receipt) values ($1, 'r', 'redact', '{}')`,
  `insert into audit_log (merchant_id, actor, action, request_id) values ($1, 'spec', 'spec', 'r')`,
  `insert into shop_directory (shop, merchant_id, shop_id) values ($2, $1, 7)`,
  `insert into shopify_connections (merchant_id, shop, access_token) values ($1, $2, 't')`,
  `insert into used_install_links (merchant_id, link_id, expires_at) values ($1, $1, now())`,
  `insert into import_schedules (merchant_id, shop, cron) values ($1, $2, '0 3 * * *')`,
  `insert into customer_import_logs (id, merchant_id, shop) values ($1, $1, $2)`,
  `insert into customer_import_slices (import_id, slice, merchant_id) values ($1, 1, $1)`,
  `insert into customer_import_ids (import_id, slice, page, merchant_id, ids) values ($1, 1, 1, $1, '{}')`,
  `insert into customer_import_errors (import_id, merchant_id, external_id, reason) values ($1, $1, 'e', 'r')`,
  `insert into segment_syncs (merchant_id, shop) values ($1, $2)`,
  `insert into segment_writes (merchant_id, sync_id, customer_id, shop, shop_customer) values ($1, $1, $1, $2, 7)`,
  `insert into webhook_events (merchant_id, shop, topic, event_id) values ($1, $2, 't', 'e')`,
  `insert into parked_events (consumer, event_id, topic, "partition", record_offset, headers, body, merchant_id, customer_id, give_up_at)
   values ('c', $1, 't', 0, 0, '{}', '{}', $1, $1, now())`,
];
const tableOf = (insert: string): string => insert.split(' ')[2]!;
const TABLES = ['customers', ...ROWS.map(tableOf)];

/** Tables with a merchant that are not under row-level security, with the reason. */
const LEFT_OUT = {
  outbox_events: 'the api may only append, and the relay moves rows of all merchants',
  key_rotations: 'no role of an app has rights in it',
};

const asMerchant = <T>(merchantId: MerchantId | undefined, work: (tx: Tx) => Promise<T>): Promise<T> =>
  inTransaction(api, work, merchantId === undefined ? {} : { merchantId });
const merchantsIn = async (table: string, merchantId: MerchantId | undefined) =>
  (
    await asMerchant(merchantId, (tx) =>
      tx.query<{ merchant_id: string }>(`select distinct merchant_id from ${table}`),
    )
  ).map((row) => row.merchant_id);
const insertFor = (merchantId: MerchantId) => (tx: Tx) =>
  tx.query('insert into customers (merchant_id) values ($1) returning id', [merchantId]);
const REFUSED = { code: '42501', message: expect.stringContaining('row-level security') as string };

// Policies of a table apply to its partitions only while no role accesses these by name.
it('gives the api and the importer no rights in a partition', async () => {
  const { rows } = await owner.query<{ name: string; may: boolean }>(
    `select relname as name, bool_or(has_any_column_privilege(role, c.oid, 'select, insert, update')
                                     or has_table_privilege(role, c.oid, 'delete, truncate')) as may
       from pg_class c, unnest(array['core_api', 'core_importer']) as role
      where relispartition and relkind = 'r' and relnamespace = 'public'::regnamespace group by 1 order by 1`,
  );
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['outbox_events_0']));
  expect(rows.filter(({ may }) => may)).toEqual([]);
});

it('is forced on every table with a merchant, except those named here', async () => {
  const { rows } = await owner.query<{ name: string; forced: boolean }>(
    `select c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced
       from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id' and not a.attisdropped
      where c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace order by 1`,
  );
  const named = (forced: boolean) => rows.filter((row) => row.forced === forced).map(({ name }) => name);
  expect(named(false)).toEqual(Object.keys(LEFT_OUT).sort());
  expect(named(true)).toEqual([...TABLES].sort());
  const { rows: policies } = await owner.query<{ name: string; roles: string[] }>(
    `select tablename as name, roles::text[] from pg_policies where 'core_api' = any(roles) and qual = 'true'`,
  );
  expect(policies).toEqual([]);
});

describe.each(TABLES)('%s', (table) => {
  it('shows the api no rows without a merchant, and only the rows of the merchant with one', async () => {
    expect(await merchantsIn(table, undefined)).toEqual([]);
    expect(await merchantsIn(table, A)).toEqual([A]);
    expect(await merchantsIn(table, merchant())).toEqual([]);
  });
});

it.each(ROWS.map((row) => [tableOf(row), row]))(
  'lets the api insert into %s only for its own merchant',
  async (_, row) => {
    const { rows } = await owner.query<{ may: boolean }>(
      `select has_any_column_privilege('core_api', $1, 'insert') as may`,
      [tableOf(row)],
    );
    if (!rows[0]!.may) return;
    const statement = row.replaceAll('$1', `'${B}'`).replaceAll('$2', `'x.myshopify.com'`);
    for (const merchantId of [undefined, A]) {
      await expect(asMerchant(merchantId, (tx) => tx.query(statement))).rejects.toMatchObject(REFUSED);
    }
  },
);

it('lets the api write only the customers of its merchant', async () => {
  await expect(asMerchant(undefined, insertFor(A))).rejects.toMatchObject(REFUSED);
  await expect(asMerchant(A, insertFor(B))).rejects.toMatchObject(REFUSED);
  expect(await asMerchant(A, insertFor(A))).toHaveLength(1);
  const rename = (id: string) => (tx: Tx) =>
    tx.query(`update customers set metadata = '{"by": "spec"}' where id = $1 returning id`, [id]);
  expect(await asMerchant(A, rename(b))).toEqual([]);
  expect(await asMerchant(undefined, rename(a))).toEqual([]);
  expect(await asMerchant(A, rename(a))).toEqual([{ id: a }]);
  const give = (tx: Tx) => tx.query('update customers set merchant_id = $1 where id = $2', [B, a]);
  await expect(asMerchant(A, give)).rejects.toMatchObject(REFUSED);
  const drop = (tx: Tx) => tx.query('delete from import_schedules where merchant_id = $1 returning 1', [B]);
  expect(await asMerchant(A, drop)).toEqual([]);
});

it('leaves no merchant set on the connection, however the transaction ended', async () => {
  const left = async () => {
    const { rows } = await api.query<{ left: string | null; rows: number; pid: number }>(
      `select nullif(current_setting('core.merchant_id', true), '') as left, pg_backend_pid() as pid,
              (select count(*)::int from customers) as rows`,
    );
    return rows[0]!;
  };
  const { pid } = await left();
  const clean = { left: null, rows: 0, pid };
  await asMerchant(A, (tx) => tx.query('select 1'));
  expect(await left()).toEqual(clean);
  await expect(asMerchant(A, (tx) => tx.query('select 1 / 0'))).rejects.toThrow('division by zero');
  expect(await left()).toEqual(clean);
  const refuse = () => Promise.reject(new Error('a command says no'));
  await expect(asMerchant(A, refuse)).rejects.toThrow('a command says no');
  expect(await left()).toEqual(clean);
});

it.each(['', 'x', `${A}'`, `${A}'; set role core_owner; --`, `${A}\n`, ` ${A}`, A.replaceAll('-', '')])(
  'refuses %j as a merchant before it reaches the database',
  async (merchantId) => {
    const work = jest.fn(async () => undefined);
    const connect = jest.spyOn(api, 'connect');
    await expect(asMerchant(merchantId as MerchantId, work)).rejects.toThrow('must be a uuid');
    expect([work.mock.calls, connect.mock.calls]).toEqual([[], []]);
    connect.mockRestore();
  },
);

describe('functions that see every merchant', () => {
  const scores = (pairs: [string, string][]) =>
    asMerchant(undefined, (tx) =>
      tx.query('select found, rfm_score from read_scores($1::uuid[], $2::uuid[])', [
        pairs.map(([merchantId]) => merchantId),
        pairs.map(([, id]) => id),
      ]),
    );

  it('read_scores returns a row for each pair, in the given order', async () => {
    await owner.query(`update customers set rfm_score = '{"score": "111"}' where id = $1`, [a]);
    const score = { found: true, rfm_score: { score: '111' } };
    const unscored = { found: true, rfm_score: null };
    const unknown = { found: false, rfm_score: null };
    expect(
      await scores([
        [B, b],
        [A, a],
        [B, a],
        [A, b],
        [A, a],
        [merchant(), a],
      ]),
    ).toEqual([unscored, score, unknown, unknown, score, unknown]);
    expect(await scores([])).toEqual([]);
  });

  it('read_scores works on a read-only replica', async () => {
    const replica = new Client(database.replicaUrlFor('core_api'));
    await replica.connect();
    try {
      const { rows } = await replica.query('select found from read_scores($1, $2)', [
        [A, B],
        [b, b],
      ]);
      expect(rows).toHaveLength(2);
      expect((await replica.query('select from customers')).rows).toEqual([]);
    } finally {
      await replica.end();
    }
  });

  it('list_segment returns only customers of the transaction’s merchant', async () => {
    for (const id of [a, b]) {
      await owner.query(
        `update customers set rfm_score = '{"segment": "LOYAL", "recency": 3}' where id = $1`,
        [id],
      );
    }
    const list = (caller: MerchantId | undefined, merchantId: string, min: number | null = null) =>
      asMerchant(caller, (tx) =>
        tx.query<{ id: string }>('select id from list_segment($1, $2, $3, 9, $4, $5)', [
          merchantId,
          'LOYAL',
          NIL_UUID,
          [min, null, null],
          [null, null, null],
        ]),
      );
    expect(await list(A, A)).toEqual([{ id: a }]);
    expect(await list(A, A, 3)).toEqual([{ id: a }]);
    expect(await list(A, A, 4)).toEqual([]);
    for (const caller of [B, undefined]) expect(await list(caller, A)).toEqual([]);
  });

  it('list_shared_audit returns only rows of the transaction’s merchant', async () => {
    const { rows } = await owner.query<{ id: string; merchant: string }>(
      `insert into audit_log (merchant_id, customer_ids, actor, action, detail, request_id)
       select merchant, customer_ids, 'spec', 'spec', jsonb_build_object('customers_sha256', ${CUSTOMERS_SHA256}), 'r'
         from unnest($1::uuid[]) merchant, (select $2::uuid[] as customer_ids) named
       returning id, merchant_id as merchant`,
      [
        [A, B],
        [a, b],
      ],
    );
    const ofA = rows.filter((row) => row.merchant === A).map(({ id }) => ({ id }));
    const list = (
      caller: MerchantId | undefined,
      merchantId: string,
      customer = a,
      before: string | null = null,
    ) =>
      asMerchant(caller, (tx) =>
        tx.query<{ id: string }>('select id from list_shared_audit($1, $2, $3, 9)', [
          merchantId,
          customer,
          before,
        ]),
      );
    expect(await list(A, A)).toEqual(ofA);
    expect(await list(A, A, b)).toEqual(ofA);
    expect(await list(A, A, merchant())).toEqual([]);
    expect(await list(A, A, a, ofA[0]!.id)).toEqual([]);
    for (const caller of [B, undefined]) expect(await list(caller, A)).toEqual([]);
  });

  it('connection_of_shop returns the merchant of a shop, and no merchant for an unproven one', async () => {
    const ask = (shop: string) =>
      asMerchant(undefined, (tx) => tx.query('select * from connection_of_shop($1)', [shop]));
    expect(await ask(`${B}.myshopify.com`)).toEqual([{ merchant_id: B, shop_id: '7' }]);
    expect(await ask('unknown.myshopify.com')).toEqual([]);
    const shop = 'unproven.myshopify.com';
    await owner.query('insert into shop_directory (merchant_id, shop) values ($1, $3), ($2, $3)', [
      A,
      B,
      shop,
    ]);
    try {
      expect(await ask(shop)).toEqual([{ merchant_id: null, shop_id: null }]);
      await owner.query('update shop_directory set shop_id = 9 where merchant_id = $1 and shop = $2', [
        B,
        shop,
      ]);
      expect(await ask(shop)).toEqual([{ merchant_id: B, shop_id: '9' }]);
      const second = owner.query(
        'update shop_directory set shop_id = 9 where merchant_id = $1 and shop = $2',
        [A, shop],
      );
      await expect(second).rejects.toMatchObject({ code: '23505' });
    } finally {
      await owner.query('delete from shop_directory where shop = $1', [shop]);
    }
  });

  it('connection_of_webhook finds a shop by name, then by number, then an unproven one', async () => {
    const ask = (named: string | null, numbered: number | null) =>
      asMerchant(undefined, (tx) =>
        tx.query('select * from connection_of_webhook($1, $2)', [named, numbered]),
      );
    const [one, two] = ['one.myshopify.com', 'two.myshopify.com'];
    await owner.query(
      `insert into shop_directory (merchant_id, shop, shop_id) values ($1, $3, 11), ($2, $4, 12), ($1, $4, null)`,
      [A, B, one, two],
    );
    const [ofOne, ofTwo] = [
      { merchant_id: A, shop: one, shop_id: '11' },
      { merchant_id: B, shop: two, shop_id: '12' },
    ];
    try {
      expect(await ask(one, null)).toEqual([ofOne]);
      expect(await ask('renamed.myshopify.com', 11)).toEqual([ofOne]);
      expect(await ask(null, 12)).toEqual([ofTwo]);
      expect(await ask(two, 11)).toEqual([ofTwo, ofOne, { merchant_id: null, shop: two, shop_id: null }]);
      expect(await ask('three.myshopify.com', 13)).toEqual([]);
      expect(await ask(two, null)).toEqual([ofTwo, { merchant_id: null, shop: two, shop_id: null }]);
      expect(await ask('unknown.myshopify.com', 99)).toEqual([]);
    } finally {
      await owner.query('delete from shop_directory where shop in ($1, $2)', [one, two]);
    }
  });

  it('are callable only by the api, except for two, and set their own search path', async () => {
    const { rows } = await owner.query<{ name: string; path: string; may: string[] }>(
      `select p.proname as name, p.proconfig[1] as path,
              array(select r.rolname::text from pg_roles r
                     where has_function_privilege(r.rolname, p.oid, 'execute') and r.rolname like 'core%' order by 1) as may
         from pg_proc p where p.prosecdef and p.pronamespace = 'public'::regnamespace order by 1`,
    );
    expect(rows).toEqual(
      ['connection_of_shop', 'connection_of_webhook', 'list_segment', 'list_shared_audit', 'read_scores'].map(
        (name) => ({
          name,
          path: 'search_path=pg_catalog, pg_temp',
          // The owner may replace them, and core_definer, which cannot log in, owns them. The worker looks up
          // the merchant of a privacy request by its shop or by its shop number. The importer checks whether
          // another merchant has a shop.
          may: [
            'core_api',
            'core_definer',
            ...(name === 'connection_of_webhook' ? ['core_importer'] : []),
            'core_owner',
            ...(name.startsWith('connection_of') ? ['core_worker'] : []),
          ],
        }),
      ),
    );
    const worker = new Client(database.urlFor('core_worker'));
    await worker.connect();
    try {
      await expect(worker.query(`select * from read_scores('{}', '{}')`)).rejects.toMatchObject({
        code: '42501',
      });
    } finally {
      await worker.end();
    }
  });
});

describe('the importer', () => {
  let importer: Pool;
  beforeAll(() => {
    importer = createPool({ ...env(), CORE_DB_USER: 'core_importer' }, { app: 'row-security', log });
  });
  afterAll(() => importer.end());
  const as = <T>(merchantId: MerchantId | undefined, work: (tx: Tx) => Promise<T>): Promise<T> =>
    inTransaction(importer, work, merchantId === undefined ? {} : { merchantId });
  const readable = async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select name from unnest($1::text[]) as name where has_table_privilege('core_importer', name, 'select')`,
      [TABLES],
    );
    return rows.map(({ name }) => name);
  };

  it('sees only the merchant that it names, and all merchants if it names none', async () => {
    const tables = await readable();
    expect(tables).toEqual(
      expect.arrayContaining(['customers', 'shopify_connections', 'customer_import_ids']),
    );
    for (const table of tables) {
      const seen = async (merchantId?: MerchantId) =>
        (
          await as(merchantId, (tx) =>
            tx.query<{ merchant_id: string }>(
              `select distinct merchant_id from ${table} where merchant_id in ($1, $2)`,
              [A, B],
            ),
          )
        ).map((row) => row.merchant_id);
      expect([table, await seen(A)]).toEqual([table, [A]]);
      expect([table, (await seen()).sort()]).toEqual([table, [A, B].sort()]);
    }
  });

  it('writes only for the merchant that it names', async () => {
    await expect(as(A, insertFor(B))).rejects.toMatchObject(REFUSED);
    expect(await as(A, insertFor(A))).toHaveLength(1);
    const rename = (tx: Tx) =>
      tx.query(`update customers set metadata = '{"by": "spec"}' where id = $1 returning id`, [b]);
    expect(await as(A, rename)).toEqual([]);
    expect(await as(B, rename)).toEqual([{ id: b }]);
    const give = (tx: Tx) => tx.query('update customers set merchant_id = $1 where id = $2', [B, a]);
    await expect(as(A, give)).rejects.toMatchObject(REFUSED);
  });
});

it.each(['core_worker', 'core_importer', 'core_sealer', 'core_owner'])(
  'shows %s the rows of all merchants, within its rights',
  async (role) => {
    const client = new Client(database.urlFor(role));
    await client.connect();
    try {
      const table = role === 'core_sealer' ? 'audit_log' : 'customers';
      const { rows } = await client.query(
        `select distinct merchant_id from ${table} where merchant_id in ($1, $2)`,
        [A, B],
      );
      expect(rows).toHaveLength(2);
    } finally {
      await client.end();
    }
  },
);
