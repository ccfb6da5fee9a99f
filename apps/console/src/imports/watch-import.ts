import type { CustomerImport } from '@core/contracts/web';
import { isTemporary } from '../transport/explain-error.ts';
import { isRunning } from './status.ts';

/** The state of a watch. */
export type WatchState = 'live' | 'reconnecting' | 'ended';

export interface WatchOptions {
  /** Opens one stream of snapshots. */
  open: (signal: AbortSignal) => AsyncIterable<{ customerImport?: CustomerImport | undefined }>;
  onSnapshot: (run: CustomerImport) => void;
  onState: (state: WatchState) => void;
  /** Called once, when a repetition cannot help. */
  onError: (error: unknown) => void;
  signal: AbortSignal;
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
}

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 15_000;

/** Doubles with each failure in a row. A page that was asleep tries at once, and then patiently. */
export const delayAfter = (failures: number): number =>
  failures === 0 ? 0 : Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));

/**
 * Watches an import until it has ended, over as many streams as that takes: a proxy, a deployment of the
 * api or a closed laptop ends a stream. Each snapshot is complete, so a stream that is opened again loses
 * nothing. Only the latest snapshot is kept.
 */
export async function watchImport(options: WatchOptions): Promise<void> {
  const { open, onSnapshot, onState, onError, signal, wait } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      for await (const { customerImport } of open(signal)) {
        if (signal.aborted) return;
        if (!customerImport) continue;
        failures = 0;
        onSnapshot(customerImport);
        onState(isRunning(customerImport) ? 'live' : 'ended');
        if (!isRunning(customerImport)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!isTemporary(error)) return onError(error);
    }
    failures++;
    onState('reconnecting');
    await wait(delayAfter(failures), signal);
  }
}

/** Resolves after the time, or when the signal is aborted. */
export const waitFor = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
