import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { Client, type ClientConfig } from 'pg';

// Any number that no other tool is likely to use: two migrators at once must wait for each other.
const MIGRATION_LOCK = 7_261_349;

/** Passwords of the apps' roles; a role without one stays as it is. */
export type RolePasswords = Partial<
  Record<'core_api' | 'core_worker' | 'core_importer' | 'core_sealer', string | undefined>
>;

/**
 * Brings the database to the newest schema, as its owner. Forward only; safe to run again and at once
 * from two places.
 * @param folder libs/db/migrations, or its copy beside a bundle
 */
export async function migrateDatabase(
  connection: string | ClientConfig,
  folder: string,
  passwords: RolePasswords = {},
): Promise<void> {
  const client = new Client(connection);
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), {
      migrationsFolder: folder,
      migrationsSchema: 'public',
      migrationsTable: 'schema_migrations',
    });
    for (const [role, password] of Object.entries(passwords)) {
      if (password) await client.query(`alter role ${role} login password ${client.escapeLiteral(password)}`);
    }
  } finally {
    await client.end();
  }
}
