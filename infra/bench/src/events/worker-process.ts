import { join } from 'node:path';
import { freePort, launch, whenReady, workspaceRoot, type Child } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';
import type { EventStack } from './open-stack.ts';

/** The worker as it is deployed, ready. */
export async function startWorker(
  dir: string,
  { workerEnvironment }: EventStack,
  { cleanUps }: Pick<SuiteOptions, 'cleanUps'>,
): Promise<Child> {
  const adminPort = await freePort();
  const child = await launch({
    name: 'worker',
    command: process.execPath,
    args: [join(workspaceRoot(), 'dist/worker/main.mjs')],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], ...workerEnvironment, CORE_ADMIN_PORT: String(adminPort) },
    logFile: join(dir, 'worker.log'),
    pidFile: join(dir, 'worker.pid'),
  });
  cleanUps.add(() => child.stop());
  await whenReady(child, async () => (await fetch(`http://127.0.0.1:${adminPort}/readyz`)).ok);
  return child;
}
