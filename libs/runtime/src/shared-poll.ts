import { startLoop, type Loop } from './loop/start-loop.ts';

/** The result of one poll of a watched thing. */
export interface PollResult<T> {
  value: T;
  /** True when the value is final. */
  last: boolean;
}

export interface SharedPollOptions {
  /** The name of the polling loop. */
  name: string;
  /** The interval between two polls. */
  everyMs: number;
  /** The minimum interval, however many new watchers wait for their first value. */
  leastMs: number;
}

/**
 * Yields the values of one thing until the last one, or until the signal aborts. A slow reader gets only the
 * newest.
 */
export type Watch<K, T> = (thing: K, signal: AbortSignal) => AsyncGenerator<T, void>;

/**
 * Polls each watched thing once for all of its watchers: a thousand of them cost the database as much as one.
 * Polling starts with the first watcher and stops with the last. A failure is thrown to all watchers. The
 * first value of a watcher is read after its arrival, so it includes the watcher's own writes.
 * @param keyOf returns the key that identifies a thing
 * @param startReading starts to watch a thing; the returned function is called repeatedly, one call at a
 *   time, and returns undefined when it has no value
 */
export function createSharedPolls<K, T>(
  keyOf: (thing: K) => string,
  startReading: (thing: K) => () => Promise<PollResult<T> | undefined>,
  options: SharedPollOptions,
): Watch<K, T> {
  const polls = new Map<string, Poll<T>>();

  const pollOf = (thing: K): Poll<T> => {
    const key = keyOf(thing);
    const found = polls.get(key);
    if (found) return found;
    const poll = startPoll(startReading(thing), options, () => {
      if (polls.get(key) === poll) polls.delete(key);
    });
    polls.set(key, poll);
    return poll;
  };

  return async function* watch(thing, signal) {
    // The polling may end with a poll that started before this watcher arrived; that poll yields nothing to
    // it.
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
  read: () => Promise<PollResult<T> | undefined>,
  { name, everyMs, leastMs }: SharedPollOptions,
  onEnd: () => void,
): Poll<T> {
  let watchers = 0;
  /** The number of polls that have started. */
  let begun = 0;
  let newest: { n: number; value: T } | undefined;
  let end: { error?: unknown } | undefined;
  let loop: Loop | undefined;
  const waiting = new Set<() => void>();

  const notifyAll = () => {
    for (const listener of [...waiting]) listener();
  };
  const pollOnce = async () => {
    try {
      const n = ++begun;
      const result = await read();
      if (result) newest = { n, value: result.value };
      if (result?.last) end = {};
    } catch (error) {
      end = { error };
    }
    if (end) onEnd();
    notifyAll();
    return end ? 'end' : everyMs;
  };

  /** Resolves when something has changed, or the signal aborts. */
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
      if (watchers++ === 0) loop = startLoop({ name, every: everyMs, least: leastMs, work: pollOnce });
      else loop?.wake();
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
          // A later watcher starts new polling, because a poll of this one may still be in progress.
          onEnd();
          void loop?.stop();
        }
      }
    },
  };
}
