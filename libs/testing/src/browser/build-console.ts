import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '../services/workspace.ts';

/**
 * Builds the console into a folder. It ignores the lock by which Vite keeps two builds from writing into one
 * folder.
 * @param config another configuration of Vite than the product's
 */
export async function buildConsole(folder: string, config = 'apps/console/vite.config.ts'): Promise<void> {
  const cwd = workspaceRoot();
  // Jest sets NODE_ENV to test, for which Vite would build a page for developers.
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = ['build', 'apps/console', '--config', config, '--outDir', folder, '--logLevel', 'error'];
  await promisify(execFile)(join(cwd, 'node_modules/.bin/vite'), [...args, '--bypass-lock'], { cwd, env });
}
