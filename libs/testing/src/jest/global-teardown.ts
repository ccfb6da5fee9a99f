import { sharedState } from './global-setup.ts';

const END_WITHIN_MS = 60_000;

export default async function globalTeardown(): Promise<void> {
  await sharedState.coreTestServices?.stop();
  // Fires only when an open handle keeps the process from exiting.
  setTimeout(() => {
    process.stderr.write('Jest did not exit: a test left a handle open\n');
    process.exit(1);
  }, END_WITHIN_MS).unref();
}
