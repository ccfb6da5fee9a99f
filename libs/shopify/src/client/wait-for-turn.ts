import { pause } from '@core/runtime';
import { NotYet } from '../answers/errors.ts';

/** The most tries to get a turn at the shop. */
const MOST_TRIES = 5;

export interface Waiting {
  signal: AbortSignal;
  /** Asked after each wait. @throws what ends it */
  stillWanted?: () => Promise<void>;
}

/**
 * Sends a request when the shop's limit lets it go. For the few that must follow at once on what was done before: it
 * holds a slot of this process meanwhile.
 * @throws NotYet after some tries, the signal's reason, what `ask` throws
 */
export async function waitForTurn<T>(ask: () => Promise<T>, { signal, stillWanted }: Waiting): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NotYet) || attempt === MOST_TRIES) throw error;
      await pause(error.waitMs, signal);
      signal.throwIfAborted();
      await stillWanted?.();
    }
  }
}
