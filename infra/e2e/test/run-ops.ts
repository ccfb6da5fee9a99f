import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

/** Runs one `npm run ops` command to its end. @throws Error with what it printed when it fails */
export async function runOps(args: string[], env: Record<string, string>): Promise<string> {
  const root = workspaceRoot();
  const child = spawn(process.execPath, [join(root, 'apps/ops/src/main.ts'), ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (code !== 0) throw new Error(`npm run ops -- ${args.join(' ')} failed:\n${output.trim()}`);
  return output;
}
