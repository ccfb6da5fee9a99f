import { randomBytes, randomUUID } from 'node:crypto';
import { Pool } from 'pg';
import { createCoreDatabase, type TestDatabase } from '@core/testing';
import { createMerchantKeyStore, migrateDatabase, parseKeyring } from '../src/index.ts';

/** A migrated database of a spec file's own, and a pool as its owner, or with the rights of an app's role. */
export async function openDatabase(role?: 'core_api' | 'core_worker' | 'core_importer'): Promise<{
  database: TestDatabase;
  pool: Pool;
  close(): Promise<void>;
}> {
  const database = await createCoreDatabase(migrateDatabase);
  const pool = new Pool({ connectionString: role ? database.urlFor(role) : database.url, max: 20 });
  return {
    database,
    pool,
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

export const newKeyStore = () =>
  createMerchantKeyStore(parseKeyring(`test:${randomBytes(32).toString('base64')}`));

/** Inserts a bare customer and returns its id. */
export async function insertCustomer(
  pool: Pool,
  merchantId: string,
  values: { metadata?: object } = {},
): Promise<string> {
  const { rows } = await pool.query<{ id: string }>(
    'insert into customers (merchant_id, metadata) values ($1, $2) returning id',
    [merchantId, JSON.stringify(values.metadata ?? {})],
  );
  return rows[0]!.id;
}

export const merchant = () => randomUUID();
