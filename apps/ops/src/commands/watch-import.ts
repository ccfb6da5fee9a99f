import { databaseEnv } from '@core/db';
import { defineCommand } from '../cli/command.ts';
import { IMPORT_OPTIONS, importOf } from '../imports/options.ts';
import { watchToEnd } from '../imports/watch.ts';
import { withImports } from '../imports/with-imports.ts';

export const watchShopImport = defineCommand({
  name: 'import watch',
  does: 'show an import each second until it has ended',
  details: `
The rate is that of the last ten seconds. Ctrl-C ends the watch; the import goes on. With --json the import is printed
once it has ended, and what happens until then goes to stderr. Exit code 0 when it is complete, 1 when it failed, was
cancelled, or is incomplete.`,
  options: IMPORT_OPTIONS,
  env: databaseEnv,
  run: ({ values, env, ...seen }) => {
    const ref = importOf(values, env);
    return withImports(env, ref, (pool) => watchToEnd(pool, ref, seen));
  },
});
