/** The command line is wrong: exit code 2. */
export { UsageError } from '@core/runtime';

/** A command failed for a reason that the operator can fix; the message says how. Exit code 1. */
export class OpsError extends Error {
  override name = 'OpsError';
}
