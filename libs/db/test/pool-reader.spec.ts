import { sql } from 'drizzle-orm';
import { Pool } from 'pg';
import { createCoreDatabase, type TestDatabase } from '@core/testing';
import { migrateDatabase, ONE, runOn, statement } from '../src/index.ts';
import { poolTransactions } from '../src/pooler.ts';

let database: TestDatabase;
beforeAll(async () => (database = await createCoreDatabase(migrateDatabase)));
afterAll(() => database.drop());

const NAMED = statement({ name: 'spec_named', row: ONE, text: (_, row) => sql`select ${row}` });

/**
 * Returns the names that stay prepared on the only connection after the statement ran twice outside of a
 * transaction.
 */
async function keptAfterTwo(prepare: (pool: Pool) => void): Promise<string[]> {
  const pool = new Pool({ connectionString: database.url, max: 1 });
  prepare(pool);
  try {
    for (let n = 0; n < 2; n++) expect(await runOn(pool, NAMED)).toEqual([{ one: 1 }]);
    const { rows } = await pool.query<{ name: string }>('select name from pg_prepared_statements');
    return rows.map(({ name }) => name);
  } finally {
    await pool.end();
  }
}

it('keeps a named statement prepared, even outside of a transaction', async () =>
  expect(await keptAfterTwo(() => undefined)).toEqual(['spec_named']));

it('keeps no statement prepared behind a pooler in transaction mode, which switches connections', async () =>
  expect(await keptAfterTwo((pool) => poolTransactions(pool, {}))).toEqual([]));
