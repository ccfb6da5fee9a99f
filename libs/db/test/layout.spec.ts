import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import {
  createCoreDatabase,
  PARTITIONS,
  partitionName,
  partitionTables,
  UNPARTITIONED,
  withClient,
  type TestDatabase,
  insertCustomer,
} from '@core/testing';
import * as db from '../src/index.ts';
import { partitionsOfPlan, type Plan, type PlannedPartitions } from './guard/partitions-of-plan.ts';
import { merchant } from './support.ts';

let plain: TestDatabase;
let partitioned: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  plain = await createCoreDatabase(db.migrateDatabase, 'plain');
  partitioned = await createCoreDatabase(db.migrateDatabase, 'partitioned');
  pool = new Pool({ connectionString: partitioned.url });
});
afterAll(async () => {
  await pool.end();
  await Promise.all([plain.drop(), partitioned.drop()]);
});

const tables = Object.values<unknown>(db).filter((each): each is PgTable => is(each, PgTable));
const ofMerchants = tables.filter((table) => 'merchantId' in getTableColumns(table)).map(getTableName);
const BY_SEGMENT = 'outbox_events';

it('partitions each table with a merchant by merchant, except those with a stated reason', async () => {
  const { rows } = await pool.query<{ name: string; by: string; partitions: string[] }>(
    `select partrelid::regclass::text as name, pg_get_partkeydef(partrelid) as by,
            array(select inhrelid::regclass::text from pg_inherits where inhparent = partrelid order by 1) as partitions
       from pg_partitioned_table where partrelid <> $1::regclass order by 1`,
    [BY_SEGMENT],
  );
  const kept = [BY_SEGMENT, ...Object.keys(UNPARTITIONED)];
  expect(rows).toEqual(
    ofMerchants
      .filter((name) => !kept.includes(name))
      .sort()
      .map((name) => ({
        name,
        by: 'HASH (merchant_id)',
        partitions: Array.from({ length: PARTITIONS }, (_, n) => partitionName(name, n)),
      })),
  );
});

it('partitions only the given table, into the given number of partitions', async () => {
  const other = await createCoreDatabase(db.migrateDatabase, 'plain');
  try {
    await partitionTables(other.url, { only: ['customers'], partitions: 16 });
    const { rows } = await withClient(other.url, (client) =>
      client.query(
        `select inhparent::regclass::text as name, count(*)::int as partitions from pg_inherits
          where inhparent in (select partrelid from pg_partitioned_table) and inhrelid in (select oid from pg_class where relkind = 'r')
            and inhparent <> $1::regclass group by 1`,
        [BY_SEGMENT],
      ),
    );
    expect(rows).toEqual([{ name: 'customers', partitions: 16 }]);
  } finally {
    await other.drop();
  }
});

/** The facts about the tables of the schema that users can see, whether or not they are partitioned. */
const CATALOG = `
  with shown as (
    select oid from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition),
  facts as (
    select attrelid as oid, concat_ws(' ', 'column', attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
             attgenerated, attstorage, attstattarget, array(select acl::text from unnest(attacl) acl order by 1),
             (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = attrelid and adnum = attnum)) as fact
      from pg_attribute where attnum > 0 and not attisdropped
    union all
    select conrelid, concat_ws(' ', 'constraint', conname, contype, pg_get_constraintdef(oid)) from pg_constraint
     where conparentid = 0
    union all
    select indrelid, concat('index ', replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')) from pg_index
    union all
    select stxrelid, pg_get_statisticsobjdef(oid) from pg_statistic_ext
    union all
    select tgrelid, concat_ws(' ', pg_get_triggerdef(oid), tgenabled) from pg_trigger where not tgisinternal
    union all
    select polrelid, concat_ws(' ', 'policy', polname, polcmd, polpermissive, pg_get_expr(polqual, polrelid),
             pg_get_expr(polwithcheck, polrelid), array(select pg_get_userbyid(role) from unnest(polroles) role))
      from pg_policy
    union all
    select oid, concat_ws(' ', 'rights', pg_get_userbyid(relowner), relrowsecurity, relforcerowsecurity,
             array(select acl::text from unnest(relacl) acl order by 1))
      from pg_class)
  select oid::regclass::text as table, fact from shown join facts using (oid) order by 1, 2`;

/** Normalizes expressions: PostgreSQL adds parentheses and casts when it has read its own output once. */
const meaningOf = (facts: { table: string; fact: string }[]) =>
  facts.map(({ table, fact }) => [table, fact.replace(/[()]|::character varying|::text|\[\]/g, '')]);

it('does not change what users of the tables can see', async () => {
  const other = new Pool({ connectionString: plain.url });
  try {
    const [there, here] = await Promise.all(
      [other, pool].map(async (of) => meaningOf((await of.query(CATALOG)).rows)),
    );
    expect(there!.length).toBeGreaterThan(300);
    expect(here).toEqual(there);
  } finally {
    await other.end();
  }
});

it.each([
  'create unique index uq_spec on customers (external_id)',
  'create unique index uq_spec on audit_log (id) where customer_id is null',
  'alter table webhook_events add constraint uq_spec unique (id)',
  'create table spec_children (import_id uuid references customer_import_logs (id))',
])('refuses a key without the merchant: %s', (statement) =>
  expect(pool.query(statement)).rejects.toThrow(
    /unique constraint on partitioned table must include all partitioning columns|no unique constraint matching given keys/,
  ),
);

it('keeps the rows of a merchant in one partition of each table', async () => {
  const merchantId = merchant();
  for (let n = 0; n < 5; n++) await insertCustomer(pool, merchantId);
  const { rows } = await pool.query('select distinct tableoid from customers where merchant_id = $1', [
    merchantId,
  ]);
  expect(rows).toHaveLength(1);
});

/** Returns the partitions that a function's body would read as its owner, with the transaction's merchant. */
async function partitionsOfBody(
  name: string,
  values: unknown[],
  merchantId: MerchantId,
): Promise<PlannedPartitions> {
  const { rows } = await pool.query<{ body: string; types: string[] }>(
    'select prosrc as body, proargtypes::regtype[]::text[] as types from pg_proc where proname = $1',
    [name],
  );
  const { body, types } = rows[0]!;
  const text = body.replace(/\$(\d)/g, (parameter, n) => `(${parameter}::${types[Number(n) - 1]})`);
  return db.inTransaction(
    pool,
    async (tx) => {
      await tx.query('set local enable_partition_pruning = on');
      const [explained] = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `explain (format json) ${text}`,
        values,
      );
      return partitionsOfPlan(explained!['QUERY PLAN'][0].Plan);
    },
    { merchantId },
  );
}

// The guard sees only the name of a function.
it('reads a segment only from the partition of its merchant', async () => {
  const merchantId = merchant();
  const none = [null, null, null];
  const values = [merchantId, 'LOYAL', db.NIL_UUID, 9, none, none];
  expect(await partitionsOfBody('list_segment', values, merchantId)).toEqual({
    partitions: [expect.stringMatching(/^customers_p\d$/)],
    ofOneMerchant: true,
  });
});
