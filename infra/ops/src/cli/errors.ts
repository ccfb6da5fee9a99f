/** The command line is wrong: exit code 2. The message names the flag or the word. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command could not do its work, for a reason that a person can mend; the message says how. Exit code 1. */
export class OpsError extends Error {
  override name = 'OpsError';
}
