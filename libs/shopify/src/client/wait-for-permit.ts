import { pause } from '@core/runtime';
import { RetryLater } from '../answers/errors.ts';

/** Maximum attempts to be admitted by the shop's limit. */
const MAX_TRIES = 5;

export interface Waiting {
  signal: AbortSignal;
  /** Called after each wait. @throws to cancel the request */
  stillWanted?: () => Promise<void>;
  /** The attempts to be admitted, for work that holds no slot while it waits; by default MAX_TRIES. */
  tries?: number;
}

/**
 * Waits until the shop's limit admits a request, then sends it. Only for the few requests that must directly
 * follow a previous step: the wait blocks a slot of this process.
 * @throws RetryLater after `tries` attempts, the signal's reason, or the errors of `send`
 */
export async function waitForPermit<T>(
  send: () => Promise<T>,
  { signal, stillWanted, tries = MAX_TRIES }: Waiting,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      if (!(error instanceof RetryLater) || attempt >= tries) throw error;
      await pause(error.waitMs, signal);
      signal.throwIfAborted();
      await stillWanted?.();
    }
  }
}
