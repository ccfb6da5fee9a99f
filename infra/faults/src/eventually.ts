import { waitUntil } from '@core/testing';

/** Waits as long as a machine that is ten times slower may need. */
export const eventually = (what: string, holds: () => Promise<boolean> | boolean): Promise<unknown> =>
  waitUntil(holds, { what, limitMs: 300_000 });
