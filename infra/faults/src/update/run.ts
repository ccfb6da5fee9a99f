import { join } from 'node:path';
import { FUNCTION_NAMES, migrateDatabase } from '@core/db';
import { startStack } from '@core/stack';
import { copyMigrations } from '../migrations-folder.ts';
import { eventually } from '../eventually.ts';
import { createRandom } from '../random.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { buildApi } from './build-api.ts';
import { createFleet } from './fleet.ts';
import { startLoad } from './load.ts';

const INSTANCES = 2;

/**
 * Replaces a build by the next one, process by process, under load. The migrations run first, and the
 * previous build must keep working on the migrated schema; then the processes are replaced. The next build is
 * the current one with additional migrations and with every function applied again: a build from the history
 * is not always available (a clone may be shallow). The last step is a migration that supports no earlier
 * build.
 */
export async function runUpdateFaults(options: FaultRunOptions): Promise<FaultRun> {
  const { short, seed, only, say, signal } = options;
  say(`seed ${seed}`);
  const total = short ? 3_000 : 100_000;
  const run = { passed: 0, failed: 0 };
  const report = (name: string, violations: readonly string[], note: string) => {
    run[violations.length === 0 ? 'passed' : 'failed']++;
    say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${name}: ${note}`);
    for (const violation of violations) say(`       ${violation}`);
  };
  await using stack = await startStack({ postgres: {}, auth: {} });
  const { dir } = stack;
  const url = stack.database.urlFor('core_owner');
  const folder = copyMigrations(dir);
  const previous = await buildApi(join(dir, 'previous'));
  const newest = String(folder.all.at(-1)?.idx).padStart(4, '0');
  folder.add(
    'additive',
    () => `-- oldest build: ${newest}
alter table customers add column note_of_next varchar;
--> statement-breakpoint
create table of_next (merchant_id uuid not null, id uuid not null, primary key (merchant_id, id));
--> statement-breakpoint
alter table customer_import_logs add column note_of_next varchar;`,
  );
  folder.add(
    'index',
    () => `-- oldest build: ${newest}
-- no transaction
create index concurrently idx_customers_note_of_next on customers (merchant_id, note_of_next);`,
  );
  for (const name of FUNCTION_NAMES) folder.touch(name);
  const next = await buildApi(join(dir, 'next'), folder.journal);

  await using fleet = createFleet(stack, { CORE_API_PROCESSES: '1' });
  const old = [];
  for (let n = 0; n < INSTANCES; n++) old.push(await fleet.add('previous', previous));

  const additive = 'a build replaced by the next one, with migrations in between';
  if (!only || additive.includes(only)) {
    const load = startLoad(fleet, createRandom(seed));
    stack.defer(() => load.stop());
    await load.reached(total / 4);
    signal.throwIfAborted();
    await migrateDatabase(url, folder.path);
    const migratedAt = load.calls;
    // The previous build keeps running for a while, and a new process of it may even start.
    old.push(await fleet.add('previous', previous));
    await load.reached(Math.max(total / 2, migratedAt + total / 8));
    for (const each of old) {
      signal.throwIfAborted();
      await fleet.add('next', next);
      await fleet.retire(each);
    }
    const replacedAt = load.calls;
    await load.reached(Math.max(total, replacedAt + total / 8));
    await load.stop();
    report(
      additive,
      [
        ...[...load.failures].map(([message, times]) => `${times} calls failed: ${message}`),
        ...fleet.errors().slice(0, 5),
      ],
      `${load.calls} calls, ${[...load.failures.values()].reduce((sum, n) => sum + n, 0)} failed; migrated at call ` +
        `${migratedAt}, replaced by call ${replacedAt}`,
    );
  }

  const final = 'a migration that supports no earlier build';
  if (!only || final.includes(only)) {
    folder.add(
      'final',
      (number) => `-- oldest build: ${number}\nalter table customers drop column note_of_next;`,
    );
    await migrateDatabase(url, folder.path);
    for (const each of fleet.instances) {
      await eventually('its /readyz to return 503', async () => (await each.status()) === 503);
    }
    const late = await fleet.launch('late', next);
    const how = await late.child.exited;
    report(
      final,
      how === 'exit code 1' ? [] : [`a late process exited with ${how}`],
      `a late process exited with ${how}`,
    );
  }
  return run;
}
