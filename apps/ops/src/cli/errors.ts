/** The command line is wrong: exit code 2. */
export { UsageError } from '@core/runtime';

/** The command could not do its work, for a reason that a person can mend; the message says how. Exit code 1. */
export class OpsError extends Error {
  override name = 'OpsError';
}
