import { Client, type ClientConfig } from 'pg';
import { pause } from '@core/runtime';
import { applyMigration, MigrationBlocked, untilUnblocked, type Migrator } from './apply-migration.ts';
import { openWatcher } from './blockers.ts';
import { prepareRoles, type RolePasswords } from './prepare-roles.ts';
import { readMigrations } from './read-migrations.ts';

// Any number that no other tool is likely to use: two migrators at once must wait for each other.
const MIGRATION_LOCK = 7_261_349;

/** With backoff, half a minute of tries lets an ordinary report end; a nightly one takes longer. */
const LIMIT_MS = 10 * 60_000;
/** Reads wait behind a queued exclusive lock for so long at most: the goal is a second, a busy machine adds to it. */
const LOCK_WAIT_MS = 400;

export interface MigrateOptions {
  /** Told for whom it waits. */
  say?: (line: string) => void;
  lockWaitMs?: number;
  /** How long each migration waits for what others hold, milliseconds. */
  limitMs?: number;
}

/**
 * Brings the database to the newest schema, as its owner, while everybody works. Forward only; safe to run again and at
 * once from two places. Its connection must be one to PostgreSQL itself: the lock between migrators belongs to a session.
 * @param folder libs/db/migrations, or its copy beside a bundle
 * @throws MigrationBlocked saying who stands in the way
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
  client.on('error', () => undefined); // whatever it was doing fails with the same error
  await client.connect();
  try {
    const watcher = await openWatcher(config, await pidOf(client));
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

const pidOf = async (client: Client): Promise<number> => {
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  return rows[0]?.pid ?? 0;
};

/**
 * Asked for again and again. Rejected: pg_advisory_lock, which waits inside a statement; CREATE INDEX CONCURRENTLY of the
 * migrator that has the lock waits for that statement's snapshot to go, so that each would wait for the other.
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

/** The table is as drizzle's migrator made it, and has one column more: databases of earlier builds have it already. */
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
