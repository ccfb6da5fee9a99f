import { BROKEN_OFF_STATUSES, type ImportStatus } from '@core/db';

/** Ended, and not complete: it can be gone on with. */
export const isResumable = ({ status }: { status: ImportStatus }): boolean =>
  (BROKEN_OFF_STATUSES as readonly ImportStatus[]).includes(status);
