import { backoff } from '../retry.ts';
import { figuresOf } from './figures.ts';
import { tellFailures, type TellFailures } from './tell-failures.ts';

/**
 * The result of a round says when the next one begins: undefined, after `every`; a number, after so many milliseconds (0: at once;
 * Infinity: when it is woken); 'end', none.
 */
export type Next = number | 'end' | undefined;

/** Has `wake` called at each event, until the returned function is called. */
export type Subscribe = (wake: () => void) => () => void;

export interface LoopOptions extends TellFailures {
  /** The work of a round, such as "seal the audit log": the label of its figures, and the words of its log lines. */
  name: string;
  /**
   * One round. The signal aborts when the loop is stopped. A round that lasts calls `succeeded` as soon as it has done
   * its part: a later failure is then the first of a new row.
   */
  work: (signal: AbortSignal, succeeded: () => void) => Promise<Next> | Promise<void> | Next;
  /** Milliseconds from the end of a round to the next one; without, it waits until it is woken. */
  every?: number;
  /** Ends the wait. A wake during a round counts: it may have come after the round had looked. */
  wake?: Subscribe;
  /** Milliseconds of a wait that a wake does not cut short: one round serves all wakes of that time. */
  least?: number;
  /**
   * The waits after consecutive failures: from `first`, doubling to `most`, half of each jitter. A wake does not cut them
   * short: whoever wakes often would make an outage worse. At most a minute, and never more than `every`, unless given.
   */
  backoff?: { first?: number; most?: number };
  /** Whether the first round comes after `every` instead of at once, before this function returns. */
  waitsFirst?: boolean;
}

export interface Loop extends AsyncDisposable {
  /** As an event of `wake`. */
  wake(): void;
  /** Aborts the round's signal. Resolves when the round has ended; there is none after it. */
  stop(): Promise<void>;
  /** Resolves when the loop is over, by `stop` or by 'end'. */
  readonly over: Promise<void>;
}

const FIRST_MS = 100;
const MOST_MS = 60_000;

/**
 * Does a piece of work again and again, one round at a time. An error ends no loop: it is told and counted, and the next
 * round comes after a backoff. The timers keep no process alive.
 */
export function startLoop(options: LoopOptions): Loop {
  const { name, work, every = Infinity, least = 0, waitsFirst = false } = options;
  const { first = FIRST_MS, most = Math.min(every, MOST_MS) } = options.backoff ?? {};
  const figures = figuresOf(name);
  const row = tellFailures(name, options);
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
    row.succeeded();
  };

  /** @returns false when it was the last one */
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
      if (signal.aborted) return false; // it was told to end
      figures.failed();
      const waitMs = backoff(row.count(), Math.min(first, most), most);
      row.failed(error, waitMs);
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
