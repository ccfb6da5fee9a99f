import { Client } from 'pg';
import { migrateDatabase } from '@core/db';
import { pause } from '@core/runtime';
import { makeServicesDir, postgresDir, removeServicesDir, seedCustomers, startPostgres } from '@core/testing';
import { copyMigrations, FIRST_NEW } from '../migrations-folder.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { startProbes } from './probes.ts';

/** The longest time, in milliseconds, that a read may wait. */
const FLOOR_MS = 3_000;
const GOAL_MS = 1_000;

/**
 * Runs each migration after the baseline, two migrations of the suite, and a changed function on a filled
 * database. Meanwhile a transaction that has read every table stays open. The suite measures how long the
 * reads of other sessions wait. The last migration waits for its lock without a limit: the suite must detect
 * that it blocks reads.
 */
export async function runMigrationFaults(options: FaultRunOptions): Promise<FaultRun> {
  const { short, seed, only, say, signal } = options;
  say(`seed ${seed}`);
  const dir = makeServicesDir();
  const postgres = await startPostgres({ dir: postgresDir(dir) });
  const run = { passed: 0, failed: 0 };
  try {
    const { url } = postgres.primary;
    const folder = copyMigrations(dir);
    const old = folder.all.filter(({ idx }) => idx < FIRST_NEW);
    folder.truncateAfter(old.at(-1)?.tag ?? '');
    await migrateDatabase(url, folder.path);
    await seedCustomers(url, { customers: short ? 5_000 : 500_000, merchants: 50, seed });

    const holdMs = short ? FLOOR_MS + 1_500 : 20_000;
    const checkMigration = async (tag: string, { mutant = false } = {}) => {
      signal.throwIfAborted();
      const { longestMs, waits, ms } = await measureReads(url, folder.path, { holdMs, mutant });
      const isExpected = mutant ? longestMs > FLOOR_MS : longestMs <= FLOOR_MS;
      run[isExpected ? 'passed' : 'failed']++;
      say(
        `${isExpected ? 'ok    ' : 'FAILED'} ${tag}: next to a reader of ${holdMs} ms the longest read took ${longestMs} ms ` +
          (mutant ? '(the wait must be detected)' : `(floor ${FLOOR_MS}, goal ${GOAL_MS})`) +
          `, ${waits} tries timed out, applied after ${ms} ms`,
      );
    };
    const isChosen = (tag: string) => only === undefined || tag.includes(only);
    for (const { tag } of folder.all.filter(({ idx }) => idx >= FIRST_NEW)) {
      folder.truncateAfter(tag);
      if (isChosen(tag)) await checkMigration(tag);
    }
    folder.truncateAfter(folder.all.at(-1)?.tag ?? '');
    const added = folder.add('column', () => 'alter table customers add column faults_a int').tag;
    if (isChosen(added)) await checkMigration(added);
    const index = folder.add(
      'index',
      () => '-- no transaction\ncreate index concurrently faults_index on customers (merchant_id, faults_a)',
    ).tag;
    if (isChosen(index)) await checkMigration(index);
    // The triggers of this function are recreated with it.
    const touched = 'set_updated_at';
    folder.touch(touched);
    if (isChosen(touched)) await checkMigration(touched);
    const unlimited = folder.add(
      'unlimited_lock_wait',
      () => 'alter table customers add column faults_b int',
    ).tag;
    if (isChosen(unlimited)) await checkMigration(unlimited, { mutant: true });
    return run;
  } finally {
    await postgres.stop();
    removeServicesDir(dir);
  }
}

async function measureReads(
  url: string,
  folder: string,
  { holdMs, mutant }: { holdMs: number; mutant: boolean },
) {
  const reader = new Client({ connectionString: url, application_name: 'report' });
  await reader.connect();
  const { rows } = await reader.query<{ name: string }>(
    `select quote_ident(tablename) as name from pg_tables where schemaname = 'public' order by 1`,
  );
  const tables = rows.map(({ name }) => name);
  await reader.query(
    `begin isolation level repeatable read; lock table ${tables.join()} in access share mode`,
  );
  const probes = await startProbes(url, tables);
  const begun = performance.now();
  let waits = 0;
  try {
    const migrating = migrateDatabase(
      url,
      folder,
      {},
      {
        say: () => void waits++,
        limitMs: 600_000,
        ...(mutant ? { lockWaitMs: 600_000 } : {}),
      },
    );
    await Promise.race([pause(holdMs), migrating.then(() => pause(holdMs))]);
    await reader.query('commit');
    await migrating;
  } finally {
    await probes.stop();
    await reader.end();
  }
  return { longestMs: probes.longestMs(), waits, ms: Math.round(performance.now() - begun) };
}
