import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from './logger.ts';

/** Waits `ms`, or less when the signal aborts; never throws. */
export const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  await sleep(ms, undefined, { signal, ref: true }).catch(() => undefined);
};

/** Returns the wait in ms before attempt `n` (from 0): doubling from `first` to `most`, half of it jitter. */
export const backoff = (n: number, first = 100, most = 5_000): number => {
  const full = Math.min(most, first * 2 ** Math.min(n, 30));
  return full / 2 + Math.random() * (full / 2);
};

interface UntilReady {
  what: string;
  signal?: AbortSignal;
  /**
   * Receives a warning at the first failure and then about every 10 s: the cause may be a mistake that
   * nothing else reports.
   */
  log: Pick<Logger, 'warn'>;
  /**
   * Returns advice on the settings to check if the failure persists; undefined when the failure explains
   * itself.
   */
  advise?: (error: unknown) => string | undefined;
}

/**
 * Calls `connect` until it succeeds: at boot, a process waits for a service that is not running yet instead
 * of ending.
 * @throws the signal's reason once aborted; PermanentError at once
 */
export async function untilReady<T>(
  connect: () => Promise<T>,
  { what, signal, log, advise }: UntilReady,
): Promise<T> {
  let loggedAt = 0;
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted();
    try {
      return await connect();
    } catch (error) {
      if (error instanceof PermanentError) throw error;
      if (Date.now() - loggedAt > 10_000) {
        loggedAt = Date.now();
        log.warn({ err: error }, [`waiting for ${what}`, advise?.(error)].filter(Boolean).join(': '));
      }
      await pause(backoff(attempt, 200, 2_000), signal);
    }
  }
}

/** An error that a retry cannot fix: the start must fail and report the reason. */
export class PermanentError extends Error {
  override name = 'PermanentError';
}
