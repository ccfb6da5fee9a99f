import { randomUUID } from 'node:crypto';

export const REQUEST_ID = 'x-request-id';

// It goes into logs and audit rows, so nothing that could hold a line break, markup or an address.
const SANE = /^[\w.:-]+$/;
const LONGEST = 128;

/** The caller's own id of the request if it is sane, else a new one. */
export const requestIdOf = (given: string | undefined): string =>
  given !== undefined && given.length <= LONGEST && SANE.test(given) ? given : randomUUID();
