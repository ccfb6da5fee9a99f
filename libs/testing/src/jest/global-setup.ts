import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TEST_SERVICES } from '../database/test-services.ts';
import { askRun, TEST_RUN } from './ask-run.ts';
import { startTestServices, type RunningTestServices } from '../services/all.ts';

/** Hands the running services from the set-up to the tear-down: same process, but separate module registries. */
export const handOver = globalThis as { coreTestServices?: RunningTestServices };

/**
 * Gets the services from the run of `npm test`. For someone who runs one package's tests without it, starts all of them
 * if one of the packages has specs that do I/O (a test/ folder). Specs of units have CORE_TEST_SERVICES=none.
 */
export default async function globalSetup(
  { projects }: { projects: string[] },
  { rootDir }: { rootDir: string },
): Promise<void> {
  forgetNx();
  if (process.env[TEST_SERVICES]) return;
  const run = process.env[TEST_RUN];
  if (run) {
    process.env[TEST_SERVICES] = await askRun(run);
    return;
  }
  // A project is named by its folder or by its configuration file.
  const folders = projects.map((path) => (statSync(path).isFile() ? dirname(path) : path));
  if (![rootDir, ...folders].some((folder) => existsSync(join(folder, 'test')))) return;
  handOver.coreTestServices = await startTestServices();
  process.env[TEST_SERVICES] = JSON.stringify(handOver.coreTestServices.addresses);
}

/** Specs start programs, too, and compare their output: Nx's variables for its programs are not for them. */
function forgetNx(): void {
  for (const name of Object.keys(process.env).filter((each) => /^(?:NX_|LERNA_|FORCE_COLOR$)/.test(each))) {
    Reflect.deleteProperty(process.env, name);
  }
}
