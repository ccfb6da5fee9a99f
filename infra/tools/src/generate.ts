import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readArguments, refuseArguments } from '@core/runtime';
import { differences, readFolder, writeFolder, type Folder } from './files/folder.ts';

const HELP = `npm run generate             writes generated code, docs/asyncapi.yaml and what this build uses of the database
npm run generate -- --check  (in npm test) only compares, and also lints the protos and refuses what would break a
                             caller of the last landed version
npm run generate -- --migration add_customer_phone
                             writes the migration that libs/db/src/schema asks for, or an empty one`;

const { values } = readArguments(HELP, {
  options: { check: { type: 'boolean', default: false }, migration: { type: 'string' } },
});
if (values.migration !== undefined && !/^[a-z][a-z0-9_]{2,60}$/.test(values.migration)) {
  refuseArguments(
    HELP,
    '--migration must be an intent in lower case and underscores, such as add_customer_phone',
  );
}
const root = join(import.meta.dirname, '../../..');
const gen = join(root, 'libs/contracts/src/gen');

function run(cwd: string, command: string, args: string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: join(root, cwd), encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout;
}

/** The code that the protos ask for. */
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
    throw new Error(`generated code is not the committed one; run npm run generate:\n${stale.join('\n')}`);
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

/** Without what is vendored: whether that changes compatibly is not for us to judge. */
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

// Imported late: both need the generated code, which may not be there yet.
const asyncApi = () => import('./asyncapi/write-asyncapi.ts');
const migrations = () => import('./migrations/schema-changes.ts');

async function generate(): Promise<void> {
  if (values.migration !== undefined) return (await migrations()).writeMigration(root, run, values.migration);
  run('proto', 'buf', ['lint']);
  // If only a change that has not landed yet breaks: git checkout proto/baseline.binpb, and run again.
  run('proto', 'buf', ['breaking', '--against', 'baseline.binpb']);
  if (values.check) {
    checkBaseline();
    checkGenerated();
    (await migrations()).checkMigrations(root, run);
    await (await asyncApi()).checkAsyncApi(root);
  } else {
    writeFolder(gen, generatedCode());
    writeBaseline('baseline.binpb');
    (await migrations()).writeBuild(root);
    await (await asyncApi()).writeAsyncApi(root);
  }
}

// The message says what to do; a stack of calls says nothing about the schema or the protos.
await generate().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
