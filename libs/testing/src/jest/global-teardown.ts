import { handOver } from './global-setup.ts';

const END_WITHIN_MS = 60_000;

export default async function globalTeardown(): Promise<void> {
  await handOver.coreTestServices?.stop();
  // Fires only in a process that something keeps from ending.
  setTimeout(() => {
    process.stderr.write('Jest did not end: a test left something open\n');
    process.exit(1);
  }, END_WITHIN_MS).unref();
}
