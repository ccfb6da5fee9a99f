import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';
import { judgeMigrations } from './squawk.ts';

/**
 * The first migration that is checked. The rules protect apps that run during a migration; none runs during
 * the baseline.
 */
const FIRST_NEW = '0001';

const filesOf = (folder: string, isJudged: (name: string) => boolean) =>
  readdirSync(join(workspaceRoot(), folder))
    .filter((name) => name.endsWith('.sql') && isJudged(name))
    .map((name) => join(workspaceRoot(), folder, name));
const files = [
  ...filesOf('libs/db/migrations', (name) => name >= FIRST_NEW),
  ...filesOf('libs/db/functions', () => true),
];
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
    'To exempt one statement from a rule, put "-- squawk-ignore <rule>" before it, with the reason.',
  );
  process.exitCode = 1;
}
