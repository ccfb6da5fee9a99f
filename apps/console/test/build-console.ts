import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

/**
 * Builds the console into a folder, with the configuration of the product. It ignores the lock by which
 * Vite keeps two builds from writing into one folder.
 */
export function buildConsole(folder: string): void {
  const root = workspaceRoot();
  const vite = join(root, 'node_modules/.bin/vite');
  // Jest sets NODE_ENV to test, for which Vite would build a page for developers.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = ['build', 'apps/console', '--outDir', folder, '--logLevel', 'error', '--bypass-lock'];
  execFileSync(vite, args, { cwd: root, env });
}
