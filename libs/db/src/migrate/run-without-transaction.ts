import type { Client } from 'pg';
import { describe, type BlockerWatch } from './blockers.ts';
import { MigrationBlocked, type Migrator } from './migrator.ts';
import { withoutComments, type Migration } from './read-migrations.ts';

const INDEX = /^create (?:unique )?index concurrently (?:if not exists )?("[^"]+"|\w+)/i;
const CANCELED = '57014';
const SAY_EVERY_MS = 10_000;

/**
 * Runs statements that PostgreSQL refuses inside a transaction. They wait until every older transaction has
 * ended, block no other session while they wait, and may run as long as the table requires: only the wait has
 * a limit. An interrupted build leaves an invalid index, which is dropped first. A valid index was built by a
 * run that could not record it.
 * @throws MigrationBlocked when one wait exceeds the limit
 */
export async function runWithoutTransaction(
  migrator: Migrator,
  { tag, statements }: Migration,
): Promise<void> {
  for (const statement of statements.map(withoutComments)) {
    const index = INDEX.exec(statement)?.[1];
    const found = index === undefined ? 'none' : await stateOf(migrator.client, index);
    if (found === 'valid') continue;
    if (found === 'invalid') {
      migrator.say(`${tag} drops ${index}, which an earlier run left unfinished`);
      await runWatched(migrator, tag, `drop index concurrently ${index}`);
    }
    await runWatched(migrator, tag, statement);
  }
}

async function stateOf(client: Client, index: string): Promise<'none' | 'valid' | 'invalid'> {
  const { rows } = await client.query<{ valid: boolean }>(
    'select indisvalid as valid from pg_index where indexrelid = to_regclass($1)',
    [index],
  );
  return rows[0] === undefined ? 'none' : rows[0].valid ? 'valid' : 'invalid';
}

async function runWatched(migrator: Migrator, tag: string, statement: string): Promise<void> {
  const { client, watcher, limitMs, say } = migrator;
  let reportedAt = performance.now();
  let gaveUp = false;
  const onSample = (watch: BlockerWatch) => {
    if (watch.waitingMs() === 0 || gaveUp) return;
    if (watch.waitingMs() > limitMs) {
      gaveUp = true;
      // If the cancel request is lost, the next sample sends another.
      watcher.cancel().catch(() => (gaveUp = false));
    } else if (performance.now() - reportedAt > SAY_EVERY_MS) {
      reportedAt = performance.now();
      say(`${tag} waits for older transactions to end: ${describe(watch.seen())}`);
    }
  };
  const watch = watcher.watch(onSample);
  try {
    await client.query(statement);
  } catch (error) {
    if (!gaveUp || (error as { code?: string }).code !== CANCELED) throw error;
    throw new MigrationBlocked(
      `${tag} waited for ${Math.round(limitMs / 1000)} s; blocked by ${describe(watch.seen())}; wait for that session or end it ` +
        '(select pg_terminate_backend(pid)), then run migrate again: completed steps are kept',
      { cause: error },
    );
  } finally {
    await watch.stop();
  }
}
