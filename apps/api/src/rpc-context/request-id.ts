import { randomUUID } from 'node:crypto';

export const REQUEST_ID = 'x-request-id';

// The id is written to logs and audit rows, so it must not contain a line break, markup or an address.
const VALID_ID = /^[\w.:-]+$/;
const LONGEST = 128;

/** Returns the caller's own request id if it is valid, else a new one. */
export const requestIdOf = (given: string | undefined): string =>
  given !== undefined && given.length <= LONGEST && VALID_ID.test(given) ? given : randomUUID();
