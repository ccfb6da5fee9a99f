import { setFlagsFromString } from 'node:v8';

/**
 * Makes V8 collect its old generation once it has grown by 30 % of the live data. By default V8 lets it grow
 * several times over, because pages in flight are promoted. An importer with about 50 MB of live data held
 * 360 MB after 400,000 customers. With this flag it holds 250 MB, and its throughput drops by 3-5 %.
 * Rejected: `--max-old-space-size`, because exceeding that limit ends the process.
 */
export const limitHeapGrowth = (): void => setFlagsFromString('--heap-growing-percent=30');
