// Lints the given paths or the whole repository: `node infra/tools/src/lint/check.ts [paths and flags of
// eslint]`. It always checks the imports of all files, because a file's imports concern other files. The
// exception is `--in-nx <paths>`, used by the target lint of one package: there Nx has already written its
// graph, and the target arrows checks imports.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();
const bin = (name: string) => join(root, 'node_modules/.bin', name);
// Nx's daemon would outlive the run.
const env = { ...process.env, NX_DAEMON: 'false' };
const isTerminal = process.stdout.isTTY;

interface Result {
  code: number;
  /** The output of both streams. */
  output: string;
}

async function run(name: string, args: readonly string[]): Promise<Result> {
  const child = spawn(bin(name), args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)));
  return { code, output };
}

/**
 * Writes Nx's project graph. The rule enforce-module-boundaries reads it from Nx's cache: without a graph the
 * rule is skipped, and an outdated one describes changed packages wrongly. `nx show projects` is the cheapest
 * command that writes it (2 s).
 */
function writeGraph(): void {
  const { status, stdout, stderr } = spawnSync(bin('nx'), ['show', 'projects'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Nx could not read the projects:\n${stdout}${stderr}`);
}

/** The rule prints this when it finds no graph; ESLint then passes. */
const SKIPPED = 'The rule will be skipped';

/** Runs ESLint. @returns its exit code, or 1 when a rule was skipped */
async function lint(args: readonly string[]): Promise<Result> {
  const { code, output } = await run('eslint', [
    '--max-warnings',
    '0',
    ...(isTerminal ? ['--color'] : []),
    ...args,
  ]);
  if (!output.includes(SKIPPED)) return { code, output };
  // The rule prints the line once for each file.
  return {
    code: 1,
    output: '@nx/enforce-module-boundaries was skipped, because Nx has not written the project graph\n',
  };
}

/** Checks the rules of .dependency-cruiser.mjs. */
async function checkArrows(): Promise<Result> {
  const { code, output } = await run('depcruise', ['--output-type', 'err-long', 'apps', 'libs', 'infra']);
  return { code, output: code === 0 ? '' : output };
}

try {
  const [first = '.', ...others] = process.argv.slice(2);
  const inNx = first === '--in-nx';
  if (!inNx) writeGraph();
  const results = await Promise.all(inNx ? [lint(others)] : [lint([first, ...others]), checkArrows()]);
  for (const { output } of results) process.stdout.write(output);
  process.exitCode = Math.max(...results.map(({ code }) => code));
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
