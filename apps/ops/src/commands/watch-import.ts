import { databaseEnv } from '@core/db';
import { defineCommand } from '../cli/command.ts';
import { IMPORT_OPTIONS, importOf } from '../imports/options.ts';
import { watchToEnd } from '../imports/watch.ts';
import { withImports } from '../imports/with-imports.ts';

export const watchShopImport = defineCommand({
  name: 'import watch',
  does: 'show an import each second until it has ended',
  details: `
The rate is the average of the last ten seconds. Ctrl-C stops the watch; the import continues. With --json the
import is printed once it has ended, and the progress goes to stderr. Exit code: 0 when the import is
complete, 1 when it failed, was cancelled, or is incomplete.`,
  options: IMPORT_OPTIONS,
  env: databaseEnv,
  run: ({ values, env, ...seen }) => {
    const ref = importOf(values, env);
    return withImports(env, ref, (pool) => watchToEnd(pool, ref, seen));
  },
});
