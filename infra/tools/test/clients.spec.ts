import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureSystem } from '@core/local';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();
const run = promisify(execFile);

/** Registries answer slowly at times, and a machine ten times slower compiles slowly. */
const PATIENCE_MS = 15 * 60_000;

/** The npm that runs the specs would have another npm install into this checkout. */
const withoutNpm = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !/^(?:npm_|INIT_CWD$)/i.test(name)));

/** Returns the block of docs/clients.md for a language: a whole shell script. */
function scriptFor(language: string): string {
  const page = readFileSync(join(root, 'docs/clients.md'), 'utf8');
  const [, block] = page.split(`\n\`\`\`sh ${language}\n`);
  const script = block?.split('\n```')[0];
  if (script === undefined) throw new Error(`docs/clients.md has no block for ${language}`);
  return script;
}

it.each([
  ['typescript', 'gen/core/v1/privacy_pb.ts'],
  ['go', 'core/v1/core_grpc.pb.go'],
  ['java', 'target/classes/coreservice/core/v1/CoreServiceGrpc.class'],
  ['python', "<class 'client.pb.core.v1.core_pb2_grpc.CoreServiceStub'>"],
])(
  'docs/clients.md generates a client in an empty folder: %s',
  async (language, said) => {
    await ensureSystem({ need: ['go', 'javac', 'mvn', 'python3'] });
    const cwd = mkdtempSync(join(tmpdir(), `core-client-${language}-`));
    try {
      const env = { ...withoutNpm(process.env), CORE: root, GOFLAGS: '-modcacherw' };
      const { stdout } = await run('sh', ['-euc', scriptFor(language)], { cwd, env, timeout: PATIENCE_MS });
      expect(stdout).toContain(said);
    } finally {
      rmSync(cwd, { recursive: true, force: true });
    }
  },
  PATIENCE_MS,
);
