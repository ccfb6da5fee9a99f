import { BROKEN_OFF_STATUSES, type ImportStatus } from '@core/db';

/** The condition of a run that ended before it was complete. */
export const BROKEN_OFF = `status in (${BROKEN_OFF_STATUSES.map((status) => `'${status}'`).join(', ')})`;

/** Ended, and not complete: it can be gone on with. */
export const isResumable = ({ status }: { status: ImportStatus }): boolean =>
  (BROKEN_OFF_STATUSES as readonly ImportStatus[]).includes(status);
