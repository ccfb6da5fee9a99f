import type { BulkCursor } from '../cursor.ts';
import { NotReady } from '../source.ts';
import type { Operation } from './operation.ts';

const FIRST_POLL_MS = 200;
/** Poll backoff factor: a finished file waits at most one sixth of its preparation time. */
const POLL_GROWTH = 1.2;
const LONGEST_POLL_MS = 10_000;
const PAUSE_AFTER_FAILURE_MS = 5_000;

/** Returns the cursor of a slice that starts or restarts. */
export const toStart = (failures: number): BulkCursor => ({
  kind: 'bulk',
  operation: null,
  line: 0,
  byte: 0,
  polls: 0,
  failures,
});

/** Shopify is still preparing the file. */
export function stillPreparing(cursor: BulkCursor, { objectCount }: Operation): NotReady {
  const waitMs = Math.min(
    LONGEST_POLL_MS,
    Math.round(FIRST_POLL_MS * POLL_GROWTH ** Math.min(30, cursor.polls)),
  );
  const reason = `Shopify is preparing the file: ${Number(objectCount).toLocaleString('en')} customers so far`;
  return new NotReady({ ...cursor, polls: cursor.polls + 1 }, waitMs, reason);
}

/** The operation produced no file. */
export const noFile = ({ failures }: BulkCursor): NotReady =>
  new NotReady(
    toStart(failures + 1),
    PAUSE_AFTER_FAILURE_MS,
    'Shopify could not prepare the file; it is requested again',
  );

/** The maximum number of operations is already running. */
export const allSlotsBusy = (cursor: BulkCursor): NotReady =>
  new NotReady(cursor, LONGEST_POLL_MS, 'Other bulk operations of the shop are still running');
