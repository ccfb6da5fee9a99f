import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';
import { ensureSystem } from '@core/local';

const VERSION = '2.70.0';
const run = promisify(execFile);

/**
 * Installs squawk, a linter for migrations that is only available on PyPI, unless it is installed.
 * @returns its path
 */
export async function fetchSquawk(): Promise<string> {
  const folder = join(workspaceRoot(), '.local/tools', `squawk-${VERSION}`);
  const program = join(folder, 'bin/squawk');
  if (existsSync(program)) return program;
  await ensureSystem({ need: ['pip3'] });
  mkdirSync(dirname(folder), { recursive: true });
  // Installed next to the final folder, so that an interrupted installation never looks complete.
  const unfinished = mkdtempSync(`${folder}-`);
  try {
    const what = ['--no-deps', '--only-binary', ':all:', `squawk-cli==${VERSION}`];
    await run('pip3', ['install', '--quiet', '--disable-pip-version-check', '--target', unfinished, ...what]);
    if (!existsSync(program)) renameSync(unfinished, folder);
  } catch (error) {
    throw new Error(
      `squawk-cli ${VERSION}, which checks migrations, could not be installed with pip3. Check that the package index can ` +
        `be reached: ${(error as Error).message}`,
      { cause: error },
    );
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return program;
}

/**
 * Checks migrations with squawk.
 * @param inTransaction whether the migrator runs these files in transactions
 * @returns the findings; empty without any
 */
export async function judgeMigrations(files: readonly string[], inTransaction: boolean): Promise<string> {
  if (files.length === 0) return '';
  const program = await fetchSquawk();
  const config = join(import.meta.dirname, 'squawk.toml');
  const args = ['--config', config, ...(inTransaction ? ['--assume-in-transaction'] : []), ...files];
  try {
    await run(program, args, { cwd: workspaceRoot() });
    return '';
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
    return `${stdout ?? ''}${stderr ?? ''}` || message;
  }
}
