// Lints the given paths, or the whole repository: `node infra/local/src/lint/check.ts [paths and flags of eslint]`.
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

const root = workspaceRoot();
const bin = (name: string) => join(root, 'node_modules/.bin', name);
// A daemon would outlive the run.
const env = { ...process.env, NX_DAEMON: 'false' };

/**
 * The rule of the boundaries reads the graph of the projects from Nx's cache: without one it is skipped, and with an
 * old one it judges packages that have changed. `nx show projects` is the cheapest command that writes it (2 s).
 */
function writeGraph(): void {
  const { status, stdout, stderr } = spawnSync(bin('nx'), ['show', 'projects'], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`Nx could not read the projects:\n${stdout}${stderr}`);
}

/** The rule prints this when it finds no graph; ESLint itself then passes. */
const SKIPPED = 'The rule will be skipped';

/** @returns the exit code of ESLint, or 1 when a rule was skipped */
async function lint(args: readonly string[]): Promise<number> {
  const colour = process.stdout.isTTY ? ['--color'] : [];
  const child = spawn(bin('eslint'), ['--max-warnings', '0', ...colour, ...args], {
    cwd: root,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const code = await new Promise<number>((resolve) => child.once('close', (status) => resolve(status ?? 1)));
  if (!output.includes(SKIPPED)) {
    process.stdout.write(output);
    return code;
  }
  // The rule says it once for each file.
  console.log('@nx/enforce-module-boundaries was skipped: Nx has written no graph of the projects');
  return 1;
}

try {
  writeGraph();
  const args = process.argv.slice(2);
  process.exitCode = await lint(args.length > 0 ? args : ['.']);
} catch (error) {
  console.log(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
