import { pause, type Logger } from '@core/runtime';

export interface Repeated {
  /** Ends after the work in hand. */
  close(): Promise<void>;
}

/**
 * Does a piece of work again and again; an error is logged, and costs no more than a round.
 * @param work returns the milliseconds until it is due again
 */
export function repeat(
  what: string,
  { log, afterErrorMs }: { log: Logger; afterErrorMs: number },
  work: (signal: AbortSignal) => Promise<number>,
): Repeated {
  const closing = new AbortController();
  const { signal } = closing;
  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      const wait = await work(signal).catch((err: unknown) => {
        if (!signal.aborted) log.warn({ err }, `could not ${what}; trying again`);
        return afterErrorMs;
      });
      await pause(wait, signal);
    }
  };
  const running = run();
  return {
    close: () => {
      closing.abort(new Error('closing'));
      return running;
    },
  };
}
