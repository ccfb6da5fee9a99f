import { databaseEnv, inTransaction } from '@core/db';
import { getImport } from '@core/domain';
import { defineCommand } from '../cli/command.ts';
import { IMPORT_OPTIONS, importOf } from '../imports/options.ts';
import { importJson, showLines } from '../imports/present.ts';
import { withImports } from '../imports/with-imports.ts';

export const showImport = defineCommand({
  name: 'import show',
  does: 'print an import: counters, rate, time left, what it waits for',
  options: IMPORT_OPTIONS,
  env: databaseEnv,
  run: ({ values, env }) => {
    const ref = importOf(values, env);
    return withImports(env, ref, async (pool) => {
      const run = await inTransaction(pool, (tx) => getImport(tx, ref), { merchantId: ref.merchantId });
      return { json: importJson(run), lines: showLines(run) };
    });
  },
});
