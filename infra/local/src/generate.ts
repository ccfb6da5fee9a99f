import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { readArguments } from '@core/runtime';

const HELP = `npm run generate             writes generated code and docs/asyncapi.yaml
npm run generate -- --check  (in npm test) only compares, and also lints the protos and refuses what would break a
                             caller of the last landed version`;

const { values } = readArguments(HELP, { options: { check: { type: 'boolean', default: false } } });
const root = join(import.meta.dirname, '../../..');
const gen = join(root, 'libs/contracts/src/gen');

function run(cwd: string, command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: join(root, cwd), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** Relative path -> content of every file below. */
const read = (folder: string): Map<string, string> =>
  new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path.slice(folder.length), readFileSync(path, 'utf8')]),
  );

function checkGenerated(): void {
  const scratch = mkdtempSync(join(tmpdir(), 'core-gen-'));
  try {
    const template = readFileSync(join(root, 'proto/buf.gen.yaml'), 'utf8').replace(
      /out: .*/,
      `out: ${scratch}`,
    );
    run('proto', 'buf', ['generate', '--template', template]);
    const [made, committed] = [read(scratch), read(gen)];
    const paths = new Set([...made.keys(), ...committed.keys()]);
    const stale = [...paths].filter((path) => made.get(path) !== committed.get(path));
    if (stale.length)
      throw new Error(`generated code is not the committed one; run npm run generate:\n${stale.join('\n')}`);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * A schema change without its migration shows as a migration that drizzle-kit would write. Its own word is
 * asked for: it exits 0 when it fails, too. It puts `./` before the folder, hence the relative path.
 */
function checkMigrations(): void {
  const scratch = mkdtempSync(join(tmpdir(), 'core-migrations-'));
  try {
    cpSync(join(root, 'libs/db/migrations'), scratch, { recursive: true });
    const out = relative(join(root, 'libs/db'), scratch);
    const args = ['generate', '--dialect', 'postgresql', '--schema', './src/schema/*.ts', '--out', out];
    const said = run('libs/db', 'drizzle-kit', args);
    if (!said.includes('No schema changes')) {
      throw new Error(
        `the Drizzle schema has no migration; in libs/db run drizzle-kit generate --name <intent>\n${said}`,
      );
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The image of the landed contracts moves on with every compatible change, so that the next one is held to it. */
function checkBaseline(): void {
  const current = join(mkdtempSync(join(tmpdir(), 'core-baseline-')), 'current.binpb');
  try {
    writeBaseline(current);
    if (!readFileSync(current).equals(readFileSync(join(root, 'proto/baseline.binpb')))) {
      throw new Error('proto/baseline.binpb is not the contracts as they are; run npm run generate');
    }
  } finally {
    rmSync(dirname(current), { recursive: true, force: true });
  }
}

const writeBaseline = (file: string) =>
  run('proto', 'buf', ['build', '--as-file-descriptor-set', '-o', file]);

// Imported late: it needs the generated code, which may not be there yet.
const asyncApi = () => import('./asyncapi/write-asyncapi.ts');

run('proto', 'buf', ['lint']);
// What breaks only a change that has not landed yet: git checkout proto/baseline.binpb, and again.
run('proto', 'buf', ['breaking', '--against', 'baseline.binpb']);
if (values.check) {
  checkBaseline();
  checkGenerated();
  checkMigrations();
  await (await asyncApi()).checkAsyncApi(root);
} else {
  rmSync(gen, { recursive: true, force: true });
  run('proto', 'buf', ['generate']);
  writeBaseline('baseline.binpb');
  await (await asyncApi()).writeAsyncApi(root);
}
