import type { Client, QueryResult } from 'pg';
import { backoff, pause, PermanentError } from '@core/runtime';
import { describe } from './blockers.ts';
import { runWithoutTransaction } from './run-without-transaction.ts';
import { MigrationBlocked, type Migrator } from './migrator.ts';
import type { Migration } from './read-migrations.ts';

/** SQLSTATEs of a wait that timed out, and of a deadlock. */
const LOCK_CONFLICT = ['55P03', '40P01'];
/**
 * The longer a transaction holds locks, the shorter it waits for the next one. This is the minimum, in ms.
 */
const SHORTEST_WAIT_MS = 50;

/**
 * Applies one migration and records it, in one transaction. Where PostgreSQL does not allow a transaction, it
 * applies statement by statement.
 * @throws MigrationBlocked naming the blocking sessions; Error with the migration's name for anything else
 */
export async function applyMigration(migrator: Migrator, migration: Migration): Promise<void> {
  const { tag, statements, transactional } = migration;
  await reporting(`migration ${tag}`, async () => {
    if (transactional) {
      await retryWhileBlocked(migrator, tag, () =>
        inOneTransaction(migrator, async (run) => {
          for (const statement of statements) await run(statement);
          await record(migrator.client, migration);
        }),
      );
    } else {
      await runWithoutTransaction(migrator, migration);
      await record(migrator.client, migration);
    }
  });
}

/**
 * Adds to an error the name of the step that failed. A PermanentError is a complete message and stays as it
 * is.
 */
export async function reporting(what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof PermanentError) throw error;
    const { message, code } = error as Error & { code?: string };
    throw Object.assign(new Error(`${what} failed: ${message}`, { cause: error }), { code });
  }
}

/**
 * Retries `attempt` until it gets its locks. A queued exclusive lock blocks every later read. Each try
 * therefore waits only briefly, and other sessions proceed between two tries. Rejected: one long wait, with
 * which one open report stopped all reads.
 * @throws MigrationBlocked when the tries exceed the limit
 */
export async function retryWhileBlocked(
  { watcher, say, limitMs }: Pick<Migrator, 'watcher' | 'say' | 'limitMs'>,
  what: string,
  attempt: () => Promise<void>,
): Promise<void> {
  const begun = performance.now();
  for (let tries = 1; ; tries++) {
    const watch = watcher.watch();
    try {
      return await attempt();
    } catch (error) {
      if (!LOCK_CONFLICT.includes((error as { code?: string }).code ?? '')) throw error;
      await watch.stop();
      const holder = describe(watch.seen());
      if (performance.now() - begun >= limitMs) {
        throw new MigrationBlocked(
          `${what} did not get its lock in ${Math.round(limitMs / 1000)} s and ${tries} tries; blocked by ${holder}; ` +
            'wait for that session or end it (select pg_terminate_backend(pid)), then run migrate again: completed steps are kept',
          { cause: error },
        );
      }
      say(`${what} waits for a lock, try ${tries}: blocked by ${holder}`);
      await pause(backoff(tries, 250, 5_000));
    } finally {
      await watch.stop();
    }
  }
}

/** Runs a statement within a transaction of the migrator. */
export type Run = (sql: string, values?: unknown[]) => Promise<QueryResult>;

/**
 * Runs `work` in one transaction. Each statement waits for a lock no longer than the rest of the budget of
 * `lockWaitMs`.
 */
export async function inOneTransaction(
  { client, lockWaitMs }: Pick<Migrator, 'client' | 'lockWaitMs'>,
  work: (run: Run) => Promise<void>,
): Promise<void> {
  const begun = performance.now();
  await client.query('begin');
  try {
    await work(async (sql, values) => {
      const left = Math.max(SHORTEST_WAIT_MS, Math.round(lockWaitMs - (performance.now() - begun)));
      await client.query(`set local lock_timeout = ${left}`);
      return client.query(sql, values);
    });
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

const record = async (client: Client, { hash, when, oldestBuild }: Migration): Promise<void> => {
  await client.query('insert into schema_migrations (hash, created_at, oldest_build) values ($1, $2, $3)', [
    hash,
    when,
    oldestBuild,
  ]);
};
