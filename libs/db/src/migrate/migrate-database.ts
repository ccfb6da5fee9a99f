import { Client, type ClientConfig } from 'pg';
import { pause } from '@core/runtime';
import { applyMigration, untilUnblocked } from './apply-migration.ts';
import { openWatcher } from './blockers.ts';
import { MigrationBlocked, type Migrator } from './migrator.ts';
import { prepareRoles, type RolePasswords } from './prepare-roles.ts';
import { readMigrations } from './read-migrations.ts';
import { isPooled, pidOf } from '../backend-pid.ts';
import { WrongPooler } from '../wrong-pooler.ts';

// An arbitrary number that no other tool is likely to use: two migrators at once must wait for each other.
const MIGRATION_LOCK = 7_261_349;

/** Half a minute of tries with backoff lets an ordinary report end; a nightly one takes longer. */
const LIMIT_MS = 10 * 60_000;
/**
 * The longest time that reads wait behind a queued exclusive lock: the goal is a second, with slack for load.
 */
const LOCK_WAIT_MS = 400;

export interface MigrateOptions {
  /** Called with a text that names the sessions that block a migration. */
  say?: (line: string) => void;
  lockWaitMs?: number;
  /** The longest time, in ms, that each migration waits for locks of other sessions. */
  limitMs?: number;
}

/**
 * Migrates the database to the newest schema, as its owner, while the apps run. Forward only; safe to run
 * again and concurrently. Its connection must lead directly to PostgreSQL: the lock between migrators belongs
 * to a session.
 * @param folder libs/db/migrations, or its copy beside a bundle
 * @throws MigrationBlocked naming the blocking sessions; WrongPooler
 */
export async function migrateDatabase(
  connection: string | ClientConfig,
  folder: string,
  passwords: RolePasswords = {},
  { say = () => undefined, lockWaitMs = LOCK_WAIT_MS, limitMs = LIMIT_MS }: MigrateOptions = {},
): Promise<void> {
  const migrations = readMigrations(folder);
  const config: ClientConfig = {
    ...(typeof connection === 'string' ? { connectionString: connection } : connection),
    application_name: 'migrate',
  };
  const client = new Client(config);
  client.on('error', () => undefined); // its current query fails with the same error
  await client.connect();
  try {
    const pid = await pidOf(client);
    if (isPooled(client, pid)) {
      throw new WrongPooler(
        'the address leads to a connection pooler, and migrations need sessions; set CORE_DB_DIRECT to PostgreSQL itself',
      );
    }
    const watcher = await openWatcher(config, pid);
    try {
      const migrator: Migrator = { client, watcher, say, lockWaitMs, limitMs };
      await waitForTurn(migrator);
      await prepareJournal(migrator);
      const applied = await appliedMigrations(client);
      for (const migration of migrations.filter(({ when }) => !applied.has(when))) {
        await applyMigration(migrator, migration);
      }
      await prepareRoles(client, passwords, say);
    } finally {
      await watcher.end();
    }
  } finally {
    await client.end();
  }
}

/**
 * Polls the lock. Rejected: pg_advisory_lock, which waits inside a statement. CREATE INDEX CONCURRENTLY of
 * the migrator that has the lock waits for that statement's snapshot to end, so that each would wait for the
 * other.
 */
async function waitForTurn({ client, say, limitMs }: Migrator): Promise<void> {
  const begun = performance.now();
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.ours) return;
    if (tries === 0) say('another migrate is at work; waiting for it');
    if (performance.now() - begun > limitMs) {
      throw new MigrationBlocked(
        `another migrate has been at work for ${Math.round(limitMs / 1000)} s; see application_name migrate in pg_stat_activity`,
      );
    }
    await pause(250);
  }
}

/**
 * The table of drizzle's migrator with one more column: databases of earlier builds have the table already.
 */
async function prepareJournal(migrator: Migrator): Promise<void> {
  const { client, lockWaitMs } = migrator;
  const { rows } = await client.query<{ ready: boolean }>(
    `select exists (select from pg_attribute where attrelid = to_regclass('public.schema_migrations')
                       and attname = 'oldest_build') as ready`,
  );
  if (rows[0]?.ready) return;
  await untilUnblocked(migrator, 'schema_migrations', async () => {
    await client.query(`set lock_timeout = ${lockWaitMs}`);
    await client.query(
      `create table if not exists public.schema_migrations (id serial primary key, hash text not null, created_at bigint);
       alter table public.schema_migrations add column if not exists oldest_build bigint`,
    );
    await client.query('reset lock_timeout');
  });
}

const appliedMigrations = async (client: Client): Promise<Set<number>> => {
  const { rows } = await client.query<{ when: string }>('select created_at as when from schema_migrations');
  return new Set(rows.map(({ when }) => Number(when)));
};
