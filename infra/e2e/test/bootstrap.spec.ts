// tag: compliance
import { spawn, type ChildProcess } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitUntil, workspaceRoot } from '@core/testing';

// npm runs the repository's real scripts and bootstrap, in a checkout where `npm start` starts this small
// program.
const PROGRAM = `
import { appendFileSync } from 'node:fs';
const say = (line) => appendFileSync('said', line + '\\n');
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => {
    say('stopped');
    process.exit(0);
  });
}
say(\`\${process.pid} below \${process.ppid}\`);
setInterval(() => say('tick'), 500);
`;

const LIMIT_MS = 300_000;
let dir: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  const root = workspaceRoot();
  dir = mkdtempSync(join(tmpdir(), 'core-bootstrap-'));
  for (const folder of ['infra/local/src', 'node_modules/.bin'])
    mkdirSync(join(dir, folder), { recursive: true });
  const files = ['package.json', 'infra/local/bootstrap.mjs', 'libs/testing/src/services/fast-imports.ts'];
  for (const file of files) cpSync(join(root, file), join(dir, file));
  for (const file of ['package-lock.json', 'node_modules/.package-lock.json']) {
    writeFileSync(join(dir, file), JSON.stringify({ packages: {} }));
  }
  symlinkSync(process.execPath, join(dir, 'node_modules/.bin/node'));
  writeFileSync(join(dir, 'infra/local/src/start.ts'), PROGRAM);
});
afterEach(() => {
  const { program } = pids();
  if (program && !said().includes('stopped')) process.kill(program, 'SIGKILL');
  for (const child of started.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

const said = (): string => (existsSync(join(dir, 'said')) ? readFileSync(join(dir, 'said'), 'utf8') : '');
const pids = () => {
  const [, program, bootstrap] = /^(\d+) below (\d+)\n/.exec(said()) ?? [];
  return { program: Number(program), bootstrap: Number(bootstrap) };
};
const until = (what: string, holds: () => boolean) => waitUntil(holds, { what, limitMs: LIMIT_MS });
const hasStopped = () => said().endsWith('stopped\n');

/** Starts a command without a terminal: in a separate session, without standard input and output. */
async function start(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<ChildProcess> {
  const child = spawn(command, args, { cwd: dir, env, detached: true, stdio: 'ignore' });
  started.push(child);
  await until('the program to run', () => said().includes('tick'));
  return child;
}

it.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)(
  'stops the program cleanly when npm receives %s',
  async (signal) => {
    const npm = await start('npm', ['start']);
    npm.kill(signal);
    await until('the program to stop', hasStopped);
  },
);

it('stops the program cleanly when the bootstrap process is killed', async () => {
  await start('npm', ['start']);
  process.kill(pids().bootstrap, 'SIGKILL');
  await until('the program to stop', hasStopped);
});

it('keeps the program running after its parent has ended, when it was started without npm', async () => {
  const { npm_lifecycle_event: _, ...env } = process.env;
  const shell = await start('sh', ['-c', 'node infra/local/bootstrap.mjs start & wait'], env);
  shell.kill('SIGKILL');
  await until('the shell to end', () => shell.signalCode === 'SIGKILL');
  const ticks = said().length + 8 * 'tick\n'.length; // several times the interval at which npm is checked
  await until('the program to continue', () => said().length >= ticks);
  expect(said()).not.toContain('stopped');
  process.kill(pids().bootstrap, 'SIGTERM');
  await until('the program to stop', hasStopped);
});

it('has no shell between npm and the bootstrap', () => {
  const { scripts } = JSON.parse(readFileSync(join(workspaceRoot(), 'package.json'), 'utf8')) as {
    scripts: Record<string, string>;
  };
  const shells = Object.entries(scripts).filter(([, script]) => /^node /.test(script));
  expect(shells).toEqual([]);
});
