/** One look at what is watched. */
export interface Look<T> {
  value: T;
  /** Nothing more will change. */
  last: boolean;
}

export interface SharedPollOptions {
  /** Between two looks. */
  everyMs: number;
  /** The same when somebody has come who waits for the first one. */
  leastMs: number;
}

/** Values of one thing, until its last one or until the signal aborts. Whoever reads slowly gets the newest alone. */
export type Watch<K, T> = (thing: K, signal: AbortSignal) => AsyncGenerator<T, void>;

/**
 * One poll for each thing that somebody watches, shared by all of its watchers: a thousand of them cost the database as
 * much as one. The poll begins with the first watcher and ends with the last. Its failure is thrown to all.
 * A watcher's first value is read after it came, so it sees what it has just written.
 * @param keyOf tells things apart
 * @param look starts to look at a thing; the function it gives is called again and again, one call at a time, and
 *   gives undefined when it has seen nothing
 */
export function createSharedPolls<K, T>(
  keyOf: (thing: K) => string,
  look: (thing: K) => () => Promise<Look<T> | undefined>,
  options: SharedPollOptions,
): Watch<K, T> {
  const polls = new Map<string, Poll<T>>();

  const pollOf = (thing: K): Poll<T> => {
    const key = keyOf(thing);
    const found = polls.get(key);
    if (found) return found;
    const poll = startPoll(look(thing), options, () => {
      if (polls.get(key) === poll) polls.delete(key);
    });
    polls.set(key, poll);
    return poll;
  };

  return async function* watch(thing, signal) {
    // A poll may end by a look that began before this watcher came; that one says nothing to it.
    for (let seen = 0; seen === 0 && !signal.aborted;) {
      for await (const value of pollOf(thing).watch(signal)) {
        seen++;
        yield value;
      }
    }
  };
}

interface Poll<T> {
  watch(signal: AbortSignal): AsyncGenerator<T, void>;
}

function startPoll<T>(
  look: () => Promise<Look<T> | undefined>,
  { everyMs, leastMs }: SharedPollOptions,
  onEnd: () => void,
): Poll<T> {
  let watchers = 0;
  /** Looks are numbered by their beginnings. */
  let begun = 0;
  let wanted = 0;
  let newest: { n: number; value: T } | undefined;
  let end: { error?: unknown } | undefined;
  /** Ends a sleep. */
  let wake: () => void = () => undefined;
  /** Ends the long one. */
  let hurry: () => void = () => undefined;
  const waiting = new Set<() => void>();

  const tell = () => {
    for (const listener of [...waiting]) listener();
  };
  const sleep = (ms: number) =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    try {
      while (watchers > 0) {
        const n = ++begun;
        const at = performance.now();
        const seen = await look();
        if (seen) newest = { n, value: seen.value };
        if (seen?.last) break;
        tell();
        if (wanted <= begun && watchers > 0) {
          const slept = sleep(everyMs);
          hurry = wake;
          await slept;
          hurry = () => undefined;
        }
        const early = leastMs - (performance.now() - at);
        if (watchers > 0 && early > 0) await sleep(early);
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    onEnd();
    tell();
  };

  /** Until something has changed, or the signal aborts. */
  const change = (signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      const listener = () => {
        waiting.delete(listener);
        signal.removeEventListener('abort', listener);
        resolve();
      };
      waiting.add(listener);
      signal.addEventListener('abort', listener);
    });

  return {
    async *watch(signal) {
      let seen = begun;
      wanted = begun + 1;
      if (watchers++ === 0) void run();
      else hurry();
      try {
        while (!signal.aborted) {
          if (newest && newest.n > seen) {
            seen = newest.n;
            yield newest.value;
          } else if (end && 'error' in end) throw end.error;
          else if (end) return;
          else await change(signal);
        }
      } finally {
        if (--watchers === 0) {
          // Whoever comes now begins anew: this one's look may be under way.
          onEnd();
          wake();
        }
      }
    },
  };
}
