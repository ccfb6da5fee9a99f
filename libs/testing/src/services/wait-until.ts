import { setTimeout as sleep } from 'node:timers/promises';

interface Wait {
  /** Named in the error: "waited 60 s for <what>". */
  what: string;
  /** Milliseconds. The default is generous, because machines may be shared and slow. */
  limitMs?: number;
  everyMs?: number;
}

/**
 * Calls `check` until it returns something other than false, null or undefined. An exception counts as "not
 * yet".
 * @throws Error after the limit, with the last exception as its cause
 */
export async function waitUntil<T>(
  check: () => Promise<T> | T,
  { what, limitMs = 300_000, everyMs = 50 }: Wait,
): Promise<Exclude<T, false | null | undefined>> {
  const end = Date.now() + limitMs;
  let cause: unknown;
  do {
    try {
      const value = await check();
      if (value !== false && value != null) return value as Exclude<T, false | null | undefined>;
    } catch (error) {
      cause = error;
    }
    await sleep(everyMs);
  } while (Date.now() < end);
  throw new Error(`waited ${Math.round(limitMs / 1000)} s for ${what}`, { cause });
}
