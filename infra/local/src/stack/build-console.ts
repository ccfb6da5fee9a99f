import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { claimFolder, waitUntil } from '@core/testing';

/**
 * Builds the console unless it was built from the same sources before: Nx keeps its builds. A second start at
 * the same time waits, because both write one folder.
 * @returns the folder of the build
 * @throws Error with the output of the build
 */
export async function buildConsole(root: string): Promise<string> {
  const giveBack = await waitUntil(() => claimFolder('console', root), {
    what: 'another build of the console',
  });
  try {
    await runNx(root);
  } finally {
    giveBack();
  }
  return join(root, 'dist/console');
}

async function runNx(root: string): Promise<void> {
  const nx = spawn(join(root, 'node_modules/.bin/nx'), ['build', '@core/console'], {
    cwd: root,
    // Nx's daemon would outlive the start. Vite builds a page for developers when a spec runs this.
    env: { ...process.env, NX_DAEMON: 'false', NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [nx.stdout, nx.stderr]) {
    stream.on('data', (part: Buffer) => (output += part.toString()));
  }
  const code = await new Promise<number | null>((resolve, reject) =>
    nx.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`the console could not be built:\n${output}`);
}
