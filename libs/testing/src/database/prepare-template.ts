import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { workspaceRoot } from '../services/workspace.ts';
import { testServices } from './test-services.ts';

const run = promisify(execFile);

export const TEST_PREPARE = 'CORE_TEST_POSTGRES_PREPARE';

/**
 * The command that adapts a migrated template to the server under test, for example by distributing its
 * tables.
 */
export const prepareCommand = (): string => process.env[TEST_PREPARE] ?? '';

/**
 * Runs the command in the root of the repository, once for each template, before the first clone. The command
 * gets the database's url in CORE_TEST_DATABASE (core_owner) and CORE_TEST_DATABASE_ADMIN (the superuser).
 * @throws Error with the command's output when it fails
 */
export async function prepareTemplate(url: string): Promise<void> {
  const command = prepareCommand();
  if (!command) return;
  const { pathname } = new URL(url);
  const adminUrl = Object.assign(new URL(testServices().postgres.adminUrl), { pathname }).href;
  const env = { ...process.env, CORE_TEST_DATABASE: url, CORE_TEST_DATABASE_ADMIN: adminUrl };
  try {
    await run('sh', ['-c', command], { cwd: workspaceRoot(), env });
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: number; stdout: string; stderr: string };
    throw new Error(`${TEST_PREPARE} failed (${code}): ${`${stdout}${stderr}`.trim()}`, { cause: error });
  }
}
