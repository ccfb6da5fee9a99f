import { LIMITS, type Quota } from '../src/quotas/quota.ts';

/** For specs that test something other than quotas. */
export const UNLIMITED: Quota = Object.fromEntries(LIMITS.map((limit) => [limit, Infinity])) as Quota;
