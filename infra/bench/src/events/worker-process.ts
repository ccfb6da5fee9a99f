import { answersReady, freePort, launchApp, whenReady, type Child } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';
import type { EventStack } from './open-stack.ts';

/** The worker as it is deployed, ready. */
export async function startWorker(
  dir: string,
  { workerEnvironment }: EventStack,
  { cleanUps }: Pick<SuiteOptions, 'cleanUps'>,
): Promise<Child> {
  const adminPort = await freePort();
  const env = { ...workerEnvironment, CORE_ADMIN_PORT: String(adminPort) };
  const child = await launchApp({ app: 'worker', dir, env, bundled: true });
  cleanUps.add(() => child.stop());
  await whenReady(child, () => answersReady(child, `http://127.0.0.1:${adminPort}`));
  return child;
}
