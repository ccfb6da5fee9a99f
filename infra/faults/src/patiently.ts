import { waitUntil } from '@core/testing';

/** Everything waits for as long as a machine ten times slower may take. */
export const patiently = (what: string, holds: () => Promise<boolean> | boolean): Promise<unknown> =>
  waitUntil(holds, { what, limitMs: 300_000 });
