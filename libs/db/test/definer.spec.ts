// tag: compliance
import { Client, type Pool } from 'pg';
import { waitUntil, type TestDatabase, insertCustomer } from '@core/testing';
import { merchant, openDatabase } from './support.ts';

let owner: Pool;
let database: TestDatabase;
let close: () => Promise<void>;
beforeAll(async () => ({ pool: owner, database, close } = await openDatabase()));
afterAll(() => close());

const ROLES = ['core_api', 'core_worker', 'core_importer', 'core_sealer'];
/** The setting with which PostgreSQL never resolves a name to a caller's temporary object first. */
const SAFE_PATH = 'search_path=pg_catalog, pg_temp';

async function as<T>(role: string, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client(database.urlFor(role));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

interface Function {
  name: string;
  definer: boolean;
  settings: string[];
  body: string;
  owner: string;
}

/** Returns the functions of the service; those of an extension are not ours to change. */
const functions = async (): Promise<Function[]> =>
  (
    await owner.query<Function>(
      `select p.proname as name, p.prosecdef as definer, coalesce(p.proconfig, '{}') as settings, p.prosrc as body,
              r.rolname as owner
         from pg_proc p join pg_roles r on r.oid = p.proowner
        where p.pronamespace = 'public'::regnamespace
          and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1`,
    )
  ).rows;

describe('functions that run with the rights of their owner', () => {
  const definers = async () => (await functions()).filter(({ definer }) => definer);

  it('exist, and search temporary objects last', async () => {
    const found = await definers();
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter(({ settings }) => !settings.includes(SAFE_PATH)).map(({ name }) => name)).toEqual([]);
  });

  it('qualify every table with its schema', async () => {
    const { rows } = await owner.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm')`,
    );
    const bare = new RegExp(`(?<![\\w.])(${rows.map(({ name }) => name).join('|')})(?=\\s|$|;)`);
    expect((await definers()).filter(({ body }) => bare.test(body)).map(({ name }) => name)).toEqual([]);
  });

  it('are not owned by a superuser, by the owner of a table, or by a role that may log in', async () => {
    const { rows } = await owner.query(
      `select p.proname from pg_proc p join pg_roles r on r.oid = p.proowner
        where p.prosecdef and p.pronamespace = 'public'::regnamespace
          and (r.rolsuper or r.rolcreaterole or r.rolbypassrls or r.rolcanlogin
               or exists (select from pg_class c where c.relowner = r.oid))`,
    );
    expect(rows).toEqual([]);
  });

  it('have an owner with the right to read their tables and no other right', async () => {
    const { rows } = await owner.query<{ owner: string; right: string }>(
      `select distinct g.grantee::text as owner, table_name || ' ' || privilege_type as right
         from information_schema.column_privileges g
        where table_schema = 'public'
          and grantee in (select r.rolname from pg_proc p join pg_roles r on r.oid = p.proowner
                           where p.prosecdef and p.pronamespace = 'public'::regnamespace)
          and grantee <> 'core_owner' order by 1, 2`,
    );
    expect(rows).toEqual([
      { owner: 'core_definer', right: 'audit_log SELECT' },
      { owner: 'core_definer', right: 'customers SELECT' },
      { owner: 'core_definer', right: 'shop_directory SELECT' },
    ]);
  });
});

it('keeps every other function from resolving a name to a temporary object first', async () => {
  const bare = (await functions()).filter(
    ({ settings, body }) =>
      !settings.includes(SAFE_PATH) &&
      // A body that uses no table and qualifies each function name needs no setting.
      (/\b(select|insert|update|delete|perform)\b/i.test(body) || /(?<!pg_catalog\.)\b\w+\(/.test(body)),
  );
  expect(bare.map(({ name }) => name)).toEqual([]);
});

it.each(ROLES)('refuses %s to create temporary objects and objects in public', (role) =>
  as(role, async (client) => {
    for (const object of ['temp table customers (id int)', 'table public.mine (id int)']) {
      await expect(client.query(`create ${object}`)).rejects.toMatchObject({ code: '42501' });
    }
  }),
);

/** Calls of every definer function; {m} is a merchant, {c} its customer. */
const CALLS = [
  `select * from read_scores(array['{m}']::uuid[], array['{c}']::uuid[])`,
  `select * from list_segment('{m}', 'LOYAL', '{c}', 9, array[null, null, null]::int[], array[null, null, null]::int[])`,
  `select * from connection_of_shop('a.myshopify.com')`,
  `select * from list_shared_audit('{m}', '{c}', '{c}', 9)`,
  `select * from connection_of_webhook('a.myshopify.com', 7)`,
];

const definers = async () => (await functions()).filter(({ definer }) => definer).map(({ name }) => name);
const existingCalls = async () => {
  const names = await definers();
  return CALLS.filter((call) => names.some((name) => call.includes(`${name}(`)));
};

describe('a temporary view with a table’s name', () => {
  it('is tested with a call of every such function', async () => {
    const names = await definers();
    expect(names.filter((name) => !CALLS.some((call) => call.includes(`${name}(`)))).toEqual([]);
  });

  /**
   * Grants the revoked rights again, sets a trap under every table name, and returns the errors that it
   * raises when `role` runs `calls`.
   */
  async function attack(role: string, calls: readonly string[]): Promise<string[]> {
    const merchantId = merchant();
    const customer = await insertCustomer(owner, merchantId);
    const { rows } = await owner.query<{ name: string }>(
      `select tablename as name from pg_tables where schemaname = 'public'`,
    );
    await owner.query(`grant temporary on database ${database.name} to ${role}`);
    await owner.query(`grant execute on all functions in schema public to ${role}`);
    try {
      return await as(role, async (client) => {
        await client.query(`set core.merchant_id = '${merchantId}'`);
        await client.query(
          `create function pg_temp.trap() returns boolean language plpgsql as $$
           begin
             raise exception 'ran as %', current_user;
           end $$`,
        );
        for (const { name } of rows) {
          await client.query(
            `create temp view ${name} as select (null::public.${name}).* where pg_temp.trap()`,
          );
          await client.query(`grant select on pg_temp.${name} to public`);
        }
        const caught = new Set<string>();
        for (const call of calls) {
          const text = call.replaceAll('{m}', merchantId).replaceAll('{c}', customer);
          await client.query(text).catch((error: Error) => caught.add(error.message));
        }
        return [...caught];
      });
    } finally {
      await owner.query(`revoke temporary on database ${database.name} from ${role}`);
    }
  }

  it.each(ROLES)('is not read by these functions when %s creates it', async (role) => {
    expect(await attack(role, await existingCalls())).toEqual([]);
  });

  it('is read by a function with an unsafe search path, with all rights of the owner', async () => {
    await owner.query(
      `create function careless() returns bigint language sql security definer set search_path = pg_catalog, public
       as 'select count(*) from customers'`,
    );
    expect(await attack('core_api', ['select careless()'])).toEqual(['ran as core_owner']);
    await owner.query('drop function careless()');
  });

  it('could do no harm even then: the owner may change no row, no role and no table', async () => {
    const client = new Client(database.url);
    await client.connect();
    try {
      await client.query('set role core_definer');
      for (const statement of [
        'delete from audit_log',
        'update customers set version = 2',
        'select access_token from shopify_connections',
        'select actor from audit_log',
        `alter role core_sealer password 'x'`,
        'drop table customers',
        'create temp table t (id int)',
      ]) {
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await client.end();
    }
  });
});

it.each(['customers', 'shop_directory', 'audit_log'])(
  'completes a call that waits while %s gets a column',
  async (table) => {
    const merchantId = merchant();
    const customer = await insertCustomer(owner, merchantId);
    const migrator = new Client(database.url);
    await migrator.connect();
    try {
      for (const call of await existingCalls()) {
        const text = call.replaceAll('{m}', merchantId).replaceAll('{c}', customer);
        const answer = await as('core_api', async (client) => {
          await client.query(`set core.merchant_id = '${merchantId}'`);
          // A session that has called the function before has a cached plan.
          await client.query(text);
          await migrator.query(`begin; alter table ${table} add column spec_more int`);
          const ended = client.query(text).then(() => 'answered', String);
          await Promise.race([ended, waitUntil(isWaiting, { what: 'the call to wait', everyMs: 10 })]);
          await migrator.query('commit');
          return ended;
        });
        expect([call, answer]).toEqual([call, 'answered']);
        await migrator.query(`alter table ${table} drop column spec_more`);
      }
    } finally {
      await migrator.end();
    }
  },
  60_000,
);
const isWaiting = async () =>
  (
    await owner.query(
      `select from pg_stat_activity where usename = 'core_api' and datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).rowCount === 1;

describe('the settings of roles', () => {
  it.each(ROLES)('give %s timeouts, and leave connections for other roles', async (role) => {
    const { rows } = await owner.query<{ most: number; room: number }>(
      `select rolconnlimit as most, current_setting('max_connections')::int as room from pg_roles where rolname = $1`,
      [role],
    );
    const { most, room } = rows[0]!;
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(room);
    await as(role, async (client) => {
      for (const limit of ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout']) {
        const { rows: shown } = await client.query<Record<string, string>>(`show ${limit}`);
        expect(shown[0]![limit]).toMatch(/^[1-9]\d*(s|ms|min)$/);
      }
    });
  });

  it('limit how long core_api waits for a lock', async () => {
    const id = await insertCustomer(owner, merchant());
    const holder = await owner.connect();
    try {
      await holder.query('begin');
      await holder.query('update customers set version = version where id = $1', [id]);
      await as('core_api', async (client) => {
        await client.query(`set core.merchant_id = '${(await merchantOf(id))!}'`);
        await expect(
          client.query('update customers set version = 2 where id = $1', [id]),
        ).rejects.toMatchObject({
          code: '55P03',
        });
      });
    } finally {
      await holder.query('rollback');
      holder.release();
    }
  });
});

const merchantOf = async (id: string): Promise<string | undefined> =>
  (await owner.query<{ merchant_id: string }>('select merchant_id from customers where id = $1', [id]))
    .rows[0]?.merchant_id;
