import { Pool } from 'pg';
import { createCoreDatabase } from './create-core-database.ts';
import type { TestDatabase } from './create-test-database.ts';

export interface OpenedDatabase {
  database: TestDatabase;
  pool: Pool;
  close(): Promise<void>;
}

/**
 * Creates a migrated database for one spec file, and a pool that connects as its owner or as an app's role.
 * @param migrate see createCoreDatabase
 */
export async function openCoreDatabase(
  migrate: Parameters<typeof createCoreDatabase>[0],
  role?: 'core_api' | 'core_worker' | 'core_importer',
): Promise<OpenedDatabase> {
  const database = await createCoreDatabase(migrate);
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
