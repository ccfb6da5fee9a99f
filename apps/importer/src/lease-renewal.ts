import { SLICE_LEASE_MS } from '@core/domain';

/**
 * The loop that renews a lease during a slow reply or a slow database. A process that hangs renews nothing,
 * so its work is claimed by another process, as intended.
 */
export const LEASE_RENEWAL = {
  every: SLICE_LEASE_MS / 3,
  backoff: { first: SLICE_LEASE_MS / 3 },
  waitsFirst: true,
} as const;
