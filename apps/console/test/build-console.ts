import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { workspaceRoot } from '@core/testing';

/** Builds the console into a folder, with the configuration of the product. */
export function buildConsole(folder: string): void {
  const root = workspaceRoot();
  const vite = join(root, 'node_modules/.bin/vite');
  // Jest sets NODE_ENV to test, for which Vite would build a page for developers.
  const env = { ...process.env, NODE_ENV: 'production' };
  execFileSync(vite, ['build', 'apps/console', '--outDir', folder, '--logLevel', 'error'], {
    cwd: root,
    env,
  });
}
