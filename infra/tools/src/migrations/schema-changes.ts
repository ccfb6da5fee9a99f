import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as db from '@core/db';
import { generateDrizzleJson } from 'drizzle-kit/api';
import { hasBuild, withBuild, type Builds } from './builds.ts';
import { inOrder, type Journal } from './order-journal.ts';
import { findRenames, type Snapshot } from './renames.ts';

/** Runs a program in a folder of the checkout, and returns its output. @throws Error when it fails */
type Run = (cwd: string, command: string, args: string[]) => string;

const MIGRATIONS = 'libs/db/migrations';

/**
 * Writes the migration for the changes of the Drizzle schema, or an empty one to be filled in manually, and
 * the record of what its build uses.
 * @throws Error naming a renamed table or column
 */
export function writeMigration(root: string, run: Run, intent: string): void {
  refuseRenames(root);
  const before = newestNumber(root);
  const custom = schemaIsWritten(root, run) ? ['--custom'] : [];
  // drizzle-kit exits with 0 even when it fails.
  const said = run('libs/db', 'drizzle-kit', ['generate', '--name', intent, ...custom]);
  const number = newestNumber(root);
  if (number === before) throw new Error(`drizzle-kit wrote no migration:\n${said}`);
  const file = filesOf(root).find((name) => name.startsWith(number)) ?? '';
  const path = join(root, MIGRATIONS, file);
  writeFileSync(path, `-- oldest build: ${before}\n${readFileSync(path, 'utf8')}`);
  rmSync(join(root, MIGRATIONS, `meta/${before}_snapshot.json`), { force: true });
  orderJournal(root);
  writeBuild(root);
  console.log(`${MIGRATIONS}/${file}`);
}

function orderJournal(root: string): void {
  const file = join(root, MIGRATIONS, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8')) as Journal;
  writeFileSync(file, JSON.stringify(inOrder(journal), null, 2));
}

/** @throws Error when a change of the Drizzle schema has no migration, or the build has no current record */
export function checkMigrations(root: string, run: Run): void {
  refuseRenames(root);
  if (!schemaIsWritten(root, run)) {
    throw new Error(
      'The Drizzle schema has changes without a migration. Run npm run generate -- --migration <intent>.',
    );
  }
  if (!hasBuild(readBuilds(root), newestNumber(root), used(root))) {
    throw new Error(
      'libs/db/migrations/meta/_builds.json does not match what this build uses. Run npm run generate.',
    );
  }
}

/** Records what this build uses. Later migrations must keep it while the build may run. */
export function writeBuild(root: string): void {
  const builds = withBuild(readBuilds(root), newestNumber(root), used(root));
  writeFileSync(buildsFile(root), `${JSON.stringify(builds, null, 2)}\n`);
}

/** Refuses renames, for which drizzle-kit would prompt on a terminal, or wait forever without one. */
function refuseRenames(root: string): void {
  const after = generateDrizzleJson(db) as Snapshot;
  const file = join(root, MIGRATIONS, `meta/${newestNumber(root)}_snapshot.json`);
  const renames = findRenames(JSON.parse(readFileSync(file, 'utf8')) as Snapshot, after);
  if (renames.length > 0) throw new Error(renames.join('\n'));
}

/**
 * Whether the schema has no change without a migration. It parses drizzle-kit's output, because drizzle-kit
 * exits with 0 even when it fails. The folder is a relative path, because drizzle-kit puts `./` before it.
 */
function schemaIsWritten(root: string, run: Run): boolean {
  const scratch = mkdtempSync(join(tmpdir(), 'core-migrations-'));
  try {
    cpSync(join(root, MIGRATIONS), scratch, { recursive: true });
    const out = relative(join(root, 'libs/db'), scratch);
    const args = ['generate', '--dialect', 'postgresql', '--schema', './src/schema/*.ts', '--out', out];
    const said = run('libs/db', 'drizzle-kit', args);
    if (said.includes('No schema changes')) return true;
    if (!/Your SQL migration file/.test(said)) throw new Error(`drizzle-kit generate failed:\n${said}`);
    return false;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const used = (root: string) => db.usedByBuild(join(root, 'libs/db/functions'));
const buildsFile = (root: string) => join(root, MIGRATIONS, 'meta/_builds.json');
const readBuilds = (root: string): Builds => JSON.parse(readFileSync(buildsFile(root), 'utf8')) as Builds;
const filesOf = (root: string): string[] =>
  readdirSync(join(root, MIGRATIONS)).filter((name) => name.endsWith('.sql'));
const newestNumber = (root: string): string => filesOf(root).sort().at(-1)?.slice(0, 4) ?? '';
