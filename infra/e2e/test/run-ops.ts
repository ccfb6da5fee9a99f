import { spawn } from 'node:child_process';
import { fromSources, workspaceRoot } from '@core/testing';

/** Runs one `npm run ops` command and returns its output. @throws Error with the output when it fails */
export async function runOps(args: string[], env: Record<string, string>): Promise<string> {
  const run = fromSources('apps/ops/src/main.ts', ...args);
  const child = spawn(process.execPath, run.args, {
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...run.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`npm run ops -- ${args.join(' ')} failed:\n${output.trim()}`);
  return output;
}
