// tag: compliance
import type { Pool } from 'pg';
import { migrateDatabase } from '@core/db';
import { openCoreDatabase } from '@core/testing';

let pool: Pool;
let close: () => Promise<void>;
beforeAll(async () => ({ pool, close } = await openCoreDatabase(migrateDatabase)));
afterAll(() => close());

const DIRECTORY =
  'it maps a shop to its merchant: a webhook names only the shop, and the merchant is looked up';
/** Keys that do not start with their merchant, each with its reason. */
const EXCEPTIONS: Record<string, string> = {
  'shop_directory: shop_directory_shop_merchant_id_pk': DIRECTORY,
  'shop_directory: uq_shop_directory_proven': DIRECTORY,
};

/** Primary keys, unique indexes and foreign keys of tables with a merchant_id, by their columns. */
const KEYS = `
  with merchant_tables as (
    select c.oid, c.relname, a.attnum
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id' and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')),
  keys as (
    select t.relname, i.indexrelid::regclass::text as key, t.attnum = any (i.indkey) as complete,
           t.attnum = i.indkey[0] as leads
      from merchant_tables t join pg_index i on i.indrelid = t.oid and i.indisunique
    union all
    select t.relname, f.conname, t.attnum = any (f.conkey), t.attnum = f.conkey[1]
      from merchant_tables t join pg_constraint f on f.conrelid = t.oid and f.contype = 'f')
  select relname || ': ' || key as key, complete, leads from keys order by 1`;

async function readKeys(): Promise<{ key: string; complete: boolean; leads: boolean }[]> {
  return (await pool.query(KEYS)).rows;
}

it('finds the keys of the tables that have a merchant', async () => {
  const keys = (await readKeys()).map(({ key }) => key);
  expect(keys).toContain('customers: idx_customers_merchant_id');
  expect(keys).toContain('customer_import_slices: customer_import_slices_run_fk');
});

it('starts each key with the merchant, except for those with a reason', async () => {
  const lacking = (await readKeys()).filter(({ complete, leads }) => !complete || !leads);
  expect(lacking.map(({ key }) => key)).toEqual(Object.keys(EXCEPTIONS));
});

it.each([
  [
    'a primary key',
    'create table spec_keys (id uuid primary key, merchant_id uuid not null)',
    'spec_keys_pkey',
  ],
  [
    'a unique index',
    'create table spec_keys (id uuid, merchant_id uuid); create unique index uq_spec on spec_keys (id)',
    'uq_spec',
  ],
  [
    'a unique key with the merchant in second place',
    'create table spec_keys (id uuid, merchant_id uuid, constraint uq_spec unique (id, merchant_id))',
    'uq_spec',
  ],
  [
    'a foreign key',
    `create table spec_keys (id uuid, merchant_id uuid,
       constraint fk_spec foreign key (id) references spec_others (id))`,
    'fk_spec',
  ],
])('finds a key that does not start with the merchant: %s', async (_, create, key) => {
  await pool.query('create table spec_others (id uuid primary key)');
  try {
    await pool.query(create);
    expect(await readKeys()).toContainEqual(
      expect.objectContaining({ key: `spec_keys: ${key}`, leads: false }),
    );
  } finally {
    await pool.query('drop table if exists spec_keys; drop table spec_others');
  }
});
