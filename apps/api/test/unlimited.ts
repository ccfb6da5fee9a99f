import { LIMITS, type Quota } from '../src/quotas/quota.ts';

/** For a spec of another subject. */
export const UNLIMITED: Quota = Object.fromEntries(LIMITS.map((limit) => [limit, Infinity])) as Quota;
