import { pause } from '@core/runtime';

/** A pending run is to be picked up within 500 ms, a cancelled one ended within two seconds. */
const EVERY_MS = 250;

/** Does it over and over until the signal aborts; a failure is told and does not end it. */
export async function keepDoing(
  work: () => Promise<void>,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch(onError);
    await pause(EVERY_MS, signal);
  }
}
