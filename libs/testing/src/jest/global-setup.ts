import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TEST_SERVICES } from '../database/test-services.ts';
import { startTestServices, type RunningTestServices } from '../services/all.ts';

/** Hands the running services from the set-up to the tear-down: same process, but separate module registries. */
export const handOver = globalThis as { coreTestServices?: RunningTestServices };

/**
 * For someone who runs one package's tests alone: starts all services if one of the packages has specs that do
 * I/O (a test/ folder). The test runner starts them itself, once, and says so in the environment.
 */
export default async function globalSetup(
  { projects }: { projects: string[] },
  { rootDir }: { rootDir: string },
): Promise<void> {
  if (process.env[TEST_SERVICES]) return;
  // A project is named by its folder or by its configuration file.
  const folders = projects.map((path) => (statSync(path).isFile() ? dirname(path) : path));
  if (![rootDir, ...folders].some((folder) => existsSync(join(folder, 'test')))) return;
  handOver.coreTestServices = await startTestServices();
  process.env[TEST_SERVICES] = JSON.stringify(handOver.coreTestServices.addresses);
}
