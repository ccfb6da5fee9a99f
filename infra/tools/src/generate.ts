import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readArguments, refuseArguments } from '@core/runtime';
import { differences, readFolder, writeFolder, type Folder } from './files/folder.ts';

const HELP = `npm run generate             writes generated code, the tables and pages in docs that repeat the code,
                             .env.example, and what this build uses of the database; prints the files that it changed
npm run generate -- --check  only compares; also lints the protos and refuses changes that would break callers of the
                             last landed version (part of npm test)
npm run generate -- --migration add_customer_phone
                             writes the migration for the changes of libs/db/src/schema, or an empty one`;

const { values } = readArguments(HELP, {
  options: { check: { type: 'boolean', default: false }, migration: { type: 'string' } },
});
if (values.migration !== undefined && !/^[a-z][a-z0-9_]{2,60}$/.test(values.migration)) {
  refuseArguments(
    HELP,
    '--migration must be a name of lower-case letters, digits and underscores, such as add_customer_phone',
  );
}
const root = join(import.meta.dirname, '../../..');
const gen = join(root, 'libs/contracts/src/gen');

/** @param advice what to do when the program fails */
function run(cwd: string, command: string, args: string[], advice = ''): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: join(root, cwd), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}${advice}`);
  return stdout;
}

/** An earlier run of this program has written a new field into the baseline, as if it had landed. */
const NOT_LANDED =
  'If the refused change concerns only what has not landed: git checkout proto/baseline.binpb, then npm run generate.';

/** Returns the code that is generated from the protos. */
function generatedCode(): Folder {
  const scratch = mkdtempSync(join(tmpdir(), 'core-gen-'));
  try {
    const template = readFileSync(join(root, 'proto/buf.gen.yaml'), 'utf8').replace(
      /out: .*/,
      `out: ${scratch}`,
    );
    run('proto', 'buf', ['generate', '--template', template]);
    return readFolder(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function checkGenerated(): void {
  const stale = differences(generatedCode(), readFolder(gen));
  if (stale.length)
    throw new Error(
      `The generated code differs from the committed code. Run npm run generate. Differing files:\n${stale.join('\n')}`,
    );
}

/**
 * Checks the image of the contracts. Each compatible change updates it, so that the next change is compared
 * with it.
 */
function checkBaseline(): void {
  const current = join(mkdtempSync(join(tmpdir(), 'core-baseline-')), 'current.binpb');
  try {
    writeBaseline(current);
    if (!readFileSync(current).equals(readFileSync(join(root, 'proto/baseline.binpb')))) {
      throw new Error('proto/baseline.binpb does not match the contracts. Run npm run generate.');
    }
  } finally {
    rmSync(dirname(current), { recursive: true, force: true });
  }
}

/** Writes the image without vendored protos, whose compatibility is not ours to check. */
const writeBaseline = (file: string) =>
  run('proto', 'buf', [
    'build',
    '--exclude-path',
    'google',
    '--exclude-path',
    'grpc',
    '--as-file-descriptor-set',
    '-o',
    file,
  ]);

// Imported lazily: they need the generated code, which may not exist yet.
const migrations = () => import('./migrations/schema-changes.ts');
const documents = () => import('./documents/documents.ts');

async function generate(): Promise<void> {
  if (values.migration !== undefined) return (await migrations()).writeMigration(root, run, values.migration);
  run('proto', 'buf', ['lint']);
  run('proto', 'buf', ['breaking', '--against', 'baseline.binpb'], NOT_LANDED);
  if (values.check) {
    checkBaseline();
    checkGenerated();
    (await migrations()).checkMigrations(root, run);
    await (await documents()).checkDocuments(root);
  } else {
    await writeGenerated();
  }
}

/** Prints each file at once: a later step may fail. */
async function writeGenerated(): Promise<void> {
  const steps = [
    () => writeFolder(gen, generatedCode()).map((path) => `libs/contracts/src/gen/${path}`),
    () => changedBy('proto/baseline.binpb', () => writeBaseline('baseline.binpb')),
    async () => {
      const { writeBuild } = await migrations();
      return changedBy('libs/db/migrations/meta/_builds.json', () => writeBuild(root));
    },
    async () => (await documents()).writeDocuments(root),
  ];
  let changes = 0;
  for (const step of steps) {
    for (const file of await step()) {
      console.log(`${existsSync(join(root, file)) ? 'wrote' : 'deleted'} ${file}`);
      changes++;
    }
  }
  if (changes === 0) console.log('nothing to write');
}

/** Runs `write`, and returns the file if its content has changed. */
function changedBy(file: string, write: () => void): string[] {
  const before = readFileSync(join(root, file));
  write();
  return readFileSync(join(root, file)).equals(before) ? [] : [file];
}

// Only the message is printed: it says what to do. A stack trace would not help with a schema or proto.
await generate().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
