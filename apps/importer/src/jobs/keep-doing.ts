import { pause } from '@core/runtime';

/** Does it over and over, with a pause between, until the signal aborts; a failure is told and does not end it. */
export async function keepDoing(
  work: () => Promise<void>,
  everyMs: number,
  signal: AbortSignal,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    await work().catch(onError);
    await pause(everyMs, signal);
  }
}
