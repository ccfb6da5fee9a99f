import { backoff } from '../retry.ts';
import { loopMetrics } from './loop-metrics.ts';
import { logFailures, type FailureLogging } from './log-failures.ts';

/**
 * The result of a round determines when the next round starts. `undefined`: after `every`. A number: after so
 * many milliseconds (0: at once; Infinity: when it is woken). 'end': never.
 */
export type Next = number | 'end' | undefined;

/** Calls `wake` at each event until the returned function is called. */
export type Subscribe = (wake: () => void) => () => void;

export interface LoopOptions extends FailureLogging {
  /**
   * Names the work, such as "audit log sealing". It is the label of the metrics, and part of the log
   * messages.
   */
  name: string;
  /**
   * Does one round. The signal aborts when the loop is stopped. A long round calls `succeeded` as soon as it
   * has done its part: a later failure then starts a new series of failures.
   */
  work: (signal: AbortSignal, succeeded: () => void) => Promise<Next> | Promise<void> | Next;
  /** Milliseconds from the end of a round to the next one; if absent, the loop waits until it is woken. */
  every?: number;
  /**
   * Ends the wait. A wake during a round counts: the event may have occurred after the round has read its
   * data.
   */
  wake?: Subscribe;
  /** The minimum wait in ms, which a wake does not shorten: one round serves all wakes of that time. */
  least?: number;
  /**
   * The waits after consecutive failures, in ms: from `first`, doubling to `most`, half of each is jitter. A
   * wake does not shorten them: frequent wakes would make an outage worse. By default at most a minute, and
   * never more than `every`.
   */
  backoff?: { first?: number; most?: number };
  /** Whether the first round runs after `every` instead of at once, before startLoop returns. */
  waitsFirst?: boolean;
}

export interface Loop extends AsyncDisposable {
  /** Acts like an event of `wake`. */
  wake(): void;
  /** Aborts the round's signal. Resolves when the round has ended; no further round starts. */
  stop(): Promise<void>;
  /** Resolves when the loop has ended, by `stop` or by 'end'. */
  readonly over: Promise<void>;
}

const FIRST_MS = 100;
const MAX_MS = 60_000;

/**
 * Repeats a piece of work, one round at a time. An error does not end the loop: it is logged and counted, and
 * the next round runs after a backoff. The timers do not keep the process alive.
 */
export function startLoop(options: LoopOptions): Loop {
  const { name, work, every = Infinity, least = 0, waitsFirst = false } = options;
  const { first = FIRST_MS, most = Math.min(every, MAX_MS) } = options.backoff ?? {};
  const figures = loopMetrics(name);
  const series = logFailures(name, options);
  const stopping = new AbortController();
  const { signal } = stopping;
  let woken = false;
  let sleeping: { isCut: boolean; end: () => void } | undefined;

  const wake = (): void => {
    woken = true;
    if (sleeping?.isCut) sleeping.end();
  };
  const sleep = (ms: number, isCut: boolean): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted || ms <= 0 || (isCut && woken)) return resolve();
      const timer = ms === Infinity ? undefined : setTimeout(() => end(), ms).unref();
      const end = (): void => {
        clearTimeout(timer);
        sleeping = undefined;
        resolve();
      };
      sleeping = { isCut, end };
    });
  const wait = async (ms: number): Promise<void> => {
    const floor = Math.min(least, ms);
    await sleep(floor, false);
    await sleep(ms - floor, true);
  };
  const succeeded = (): void => {
    figures.succeeded();
    series.succeeded();
  };

  /** Runs one round and the wait after it. @returns false when it was the last round */
  const round = async (): Promise<boolean> => {
    woken = false;
    const begin = performance.now();
    const ran = (): void => figures.ran(performance.now() - begin);
    try {
      const next = (await work(signal, succeeded)) as Next;
      ran();
      succeeded();
      if (next !== 'end') await wait(next ?? every);
      return next !== 'end';
    } catch (error) {
      ran();
      if (signal.aborted) return false; // the loop was stopped, so the error is no failure
      figures.failed();
      const waitMs = backoff(series.count(), Math.min(first, most), most);
      series.failed(error, waitMs);
      await sleep(waitMs, false);
      return true;
    }
  };
  const run = async (): Promise<void> => {
    const unsubscribe = options.wake?.(wake);
    try {
      if (waitsFirst) await wait(every);
      while (!signal.aborted && (await round()));
    } finally {
      unsubscribe?.();
    }
  };
  const over = run();
  const stop = (): Promise<void> => {
    stopping.abort(new Error('stopping'));
    sleeping?.end();
    return over;
  };
  return { wake, stop, over, [Symbol.asyncDispose]: stop };
}
