import { pause } from '@core/runtime';
import { NotAdmitted } from './ask-shop.ts';

/** So often a place at the shop is waited for. */
const MOST_TRIES = 5;

export interface WaitForPlace {
  signal: AbortSignal;
  /** Asked after each wait. @throws what ends it */
  stillWanted?: () => Promise<void>;
}

/**
 * Sends a request when the shop's limit has a place for it. For the few that must follow at once on what was done
 * before: it holds a place of this process meanwhile, where a page of its own would be put off and come back.
 * @throws NotAdmitted after some tries, the signal's reason, what `ask` throws
 */
export async function waitForPlace<T>(
  ask: () => Promise<T>,
  { signal, stillWanted }: WaitForPlace,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotAdmitted) || attempt === MOST_TRIES) throw error;
      await pause(error.waitMs, signal);
      signal.throwIfAborted();
      await stillWanted?.();
    }
  }
}
