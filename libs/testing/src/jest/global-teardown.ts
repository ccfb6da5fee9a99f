import { handOver } from './global-setup.ts';

export default async function globalTeardown(): Promise<void> {
  await handOver.coreTestServices?.stop();
}
