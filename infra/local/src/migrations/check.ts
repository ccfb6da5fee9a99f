import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { judgeMigrations } from './squawk.ts';

/** Earlier migrations predate this rule and are not checked. */
const FIRST_NEW = '0013';

const folder = join(workspaceRoot(), 'libs/db/migrations');
const files = readdirSync(folder)
  .filter((name) => name.endsWith('.sql') && name >= FIRST_NEW)
  .map((name) => join(folder, name));
const isAlone = (file: string) => /^-- no transaction$/m.test(readFileSync(file, 'utf8'));

const findings = [
  await judgeMigrations(
    files.filter((file) => !isAlone(file)),
    true,
  ),
  await judgeMigrations(files.filter(isAlone), false),
].join('');
if (findings) {
  console.log(findings);
  console.log(
    'A rule that does not fit one statement is left out by "-- squawk-ignore <rule>" before it, with the reason.',
  );
  process.exitCode = 1;
}
