import { RESUMABLE_STATUSES, type ImportStatus } from '@core/db';

/** Whether the run has ended without being complete and can be resumed. */
export const isResumable = ({ status }: { status: ImportStatus }): boolean =>
  (RESUMABLE_STATUSES as readonly ImportStatus[]).includes(status);
