import { join } from 'node:path';
import { Client, type ClientConfig } from 'pg';
import { pause } from '@core/runtime';
import { applyFunctions, functionsWithoutFile } from './apply-functions.ts';
import { applyMigration, inOneTransaction, retryWhileBlocked } from './apply-migration.ts';
import { openWatcher } from './blockers.ts';
import { MigrationBlocked, type Migrator } from './migrator.ts';
import { prepareRoles, type RolePasswords } from './prepare-roles.ts';
import { readFunctions, type DatabaseFunction } from './read-functions.ts';
import { readMigrations, type Migration } from './read-migrations.ts';
import { isPooled, pidOf } from '../backend-pid.ts';
import { UnknownSchema, NO_MIGRATION_PATH } from '../schema-version.ts';
import { WrongPooler } from '../wrong-pooler.ts';

// An arbitrary number that no other tool is likely to use: concurrent migrators must wait for each other.
const MIGRATION_LOCK = 7_261_349;

/**
 * The first half minute of retries with backoff lets an ordinary report finish; a nightly one takes longer.
 */
const LIMIT_MS = 10 * 60_000;
/**
 * The longest time that reads wait behind a queued exclusive lock. The goal is one second, with slack for
 * load.
 */
const LOCK_WAIT_MS = 400;

export interface MigrateOptions {
  /** Receives progress lines, such as the sessions that block a migration. */
  say?: (line: string) => void;
  lockWaitMs?: number;
  /** The longest time, in ms, that each migration waits for locks of other sessions. */
  limitMs?: number;
}

/**
 * Migrates the database to the newest schema, as its owner, while the apps run. It applies the missing
 * migrations, then the functions that differ from their files. Forward only; safe to run again and
 * concurrently. Its connection must lead directly to PostgreSQL: the lock between migrators belongs to a
 * session.
 * @param folder libs/db/migrations, or its copy beside a bundle; the functions are in the folder beside it
 * @throws MigrationBlocked naming the blocking sessions; WrongPooler; UnknownSchema; ChangedSignature
 */
export async function migrateDatabase(
  connection: string | ClientConfig,
  folder: string,
  passwords: RolePasswords = {},
  { say = () => undefined, lockWaitMs = LOCK_WAIT_MS, limitMs = LIMIT_MS }: MigrateOptions = {},
): Promise<void> {
  const migrations = readMigrations(folder);
  const functions = readFunctions(join(folder, '../functions'));
  const neededBy = functionsOfMigrations(migrations, functions);
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
        'the address leads to a connection pooler, and migrations need sessions; set CORE_DB_DIRECT to the address of PostgreSQL',
      );
    }
    const watcher = await openWatcher(config, pid);
    try {
      const migrator: Migrator = { client, watcher, say, lockWaitMs, limitMs };
      await waitForTurn(migrator);
      const applied = await appliedMigrations(client, migrations);
      await prepareJournal(migrator);
      for (const migration of migrations.filter(({ when }) => !applied.has(when))) {
        await applyFunctions(migrator, neededBy.get(migration) ?? []);
        await applyMigration(migrator, migration);
      }
      const newest = migrations.at(-1)?.when ?? 0;
      if ([...applied].some((when) => when > newest)) {
        say('the database has the schema of a newer build; its functions stay as that build created them');
      } else {
        await applyFunctions(migrator, functions);
        for (const name of await functionsWithoutFile(client, functions)) {
          say(`function ${name} has no file: a later build created it, or a migration should drop it`);
        }
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
 * Polls the lock between migrators until this one has it. Rejected: pg_advisory_lock, which waits inside a
 * statement. CREATE INDEX CONCURRENTLY of the migrator that has the lock waits for that statement's snapshot
 * to end, so the two would deadlock.
 * @throws MigrationBlocked when another migrator holds the lock longer than the limit
 */
async function waitForTurn({ client, say, limitMs }: Migrator): Promise<void> {
  const begun = performance.now();
  for (let tries = 0; ; tries++) {
    const { rows } = await client.query<{ ours: boolean }>('select pg_try_advisory_lock($1) as ours', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.ours) return;
    if (tries === 0) say('another migrate is running; waiting for it to finish');
    if (performance.now() - begun > limitMs) {
      throw new MigrationBlocked(
        `another migrate is still running after ${Math.round(limitMs / 1000)} s; look for application_name migrate in pg_stat_activity`,
      );
    }
    await pause(250);
  }
}

/**
 * Creates two tables: that of drizzle's migrator, with a column that databases made by drizzle lack, and the
 * table of the functions.
 */
async function prepareJournal(migrator: Migrator): Promise<void> {
  const { rows } = await migrator.client.query<{ ready: boolean }>(
    `select to_regclass('public.schema_functions') is not null
            and exists (select from pg_attribute where attrelid = to_regclass('public.schema_migrations')
                           and attname = 'oldest_build') as ready`,
  );
  if (rows[0]?.ready) return;
  await retryWhileBlocked(migrator, 'schema_migrations', () =>
    inOneTransaction(migrator, async (run) => {
      await run(
        'create table if not exists public.schema_migrations (id serial primary key, hash text not null, created_at bigint)',
      );
      await run('alter table public.schema_migrations add column if not exists oldest_build bigint');
      await run(
        `create table if not exists public.schema_functions (name text primary key, hash text not null,
           definition text not null, applied_at timestamptz not null default now())`,
      );
    }),
  );
}

/**
 * Returns the `when` of each applied migration.
 * @throws UnknownSchema when no migration of this folder leads on from the schema of the database
 */
async function appliedMigrations(client: Client, [baseline]: readonly Migration[]): Promise<Set<number>> {
  const { rows: found } = await client.query<{ there: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as there`,
  );
  if (!found[0]?.there) return new Set();
  const { rows } = await client.query<{ when: string }>(
    'select created_at as when from public.schema_migrations',
  );
  const applied = new Set(rows.map(({ when }) => Number(when)));
  if (applied.size > 0 && baseline && !applied.has(baseline.when)) throw new UnknownSchema(NO_MIGRATION_PATH);
  return applied;
}

/** @throws Error naming a migration that needs a function without a file */
function functionsOfMigrations(
  migrations: readonly Migration[],
  functions: readonly DatabaseFunction[],
): Map<Migration, DatabaseFunction[]> {
  const find = ({ tag }: Migration, name: string) => {
    const found = functions.find((each) => each.name === name);
    if (!found) throw new Error(`${tag}: "-- needs function: ${name}" names no file of libs/db/functions`);
    return found;
  };
  return new Map(migrations.map((each) => [each, each.functions.map((name) => find(each, name))]));
}
