import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TEST_SERVICES } from '../database/test-services.ts';
import { requestTestServices, TEST_RUN } from './ask-run.ts';
import { startTestServices, type RunningTestServices } from '../services/all.ts';

/** Passes the running services from setup to teardown, which share a process but not a module registry. */
export const sharedState = globalThis as { coreTestServices?: RunningTestServices };

/**
 * Gets the services from the run of `npm test`. Without such a run, for example when a developer runs Jest
 * directly, it starts all services if a package has specs that do I/O (a test/ folder). Unit specs have
 * CORE_TEST_SERVICES=none.
 */
export default async function globalSetup(
  { projects }: { projects: string[] },
  { rootDir }: { rootDir: string },
): Promise<void> {
  if (process.env[TEST_SERVICES]) return;
  const run = process.env[TEST_RUN];
  if (run) {
    process.env[TEST_SERVICES] = await requestTestServices(run);
    return;
  }
  // `projects` contains folders or configuration files.
  const folders = projects.map((path) => (statSync(path).isFile() ? dirname(path) : path));
  if (![rootDir, ...folders].some((folder) => existsSync(join(folder, 'test')))) return;
  sharedState.coreTestServices = await startTestServices();
  process.env[TEST_SERVICES] = JSON.stringify(sharedState.coreTestServices.addresses);
}
