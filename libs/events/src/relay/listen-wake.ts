import { ownClient, type Pool } from '@core/db';
import { backoff, pause, within, type Logger } from '@core/runtime';

/** Tells the shards' loops that somebody has appended. */
export interface Wake {
  /** Whether announcements reach us; if not, look often. */
  listening(): boolean;
  /** Rises with each announcement. Read it before looking: what is announced meanwhile is then news. */
  news(): number;
  /** Resolves once there is news since `seen`, after `ms` (without: never), or when the signal aborts. */
  wait(seen: number, ms: number | undefined, signal: AbortSignal): Promise<void>;
  /** Makes news: somebody has seen events that nobody announced. */
  wakeAll(): void;
  close(): Promise<void>;
}

/** How often the connection is tried: a network that swallows packets leaves it looking alive. */
const CHECK_MS = 15_000;
const CHECK_TIMEOUT_MS = 5_000;

/**
 * Listens on a channel, on a connection of its own, and reconnects for as long as it lives. News is only a
 * hint: one that is lost costs the time until somebody looks.
 */
export function listenForWake(pool: Pool, channel: string, log: Logger): Wake {
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  let listening = false;
  let failures = 0;
  let news = 0;

  const wakeAll = (): void => {
    news++;
    for (const wake of waiting) wake();
  };
  /** Also wakes: what was appended meanwhile was told to nobody, and who waits for news must now look by himself. */
  const setListening = (now: boolean): void => {
    if (listening === now) return;
    listening = now;
    wakeAll();
  };
  const listenOnce = async (): Promise<void> => {
    const client = ownClient(pool);
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    client.on('notification', wakeAll);
    const over = AbortSignal.any([lost.signal, stopping.signal]);
    try {
      await client.connect();
      while (!over.aborted) {
        const answered = await within(CHECK_TIMEOUT_MS, client.query(`listen "${channel}"`));
        if (!answered) throw new Error(`no answer to LISTEN within ${CHECK_TIMEOUT_MS} ms`);
        setListening(true);
        failures = 0;
        await pause(CHECK_MS, over);
      }
    } finally {
      setListening(false);
      client.end().catch(() => undefined);
    }
  };
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const err = await listenOnce().catch((error: unknown) => error);
      if (stopping.signal.aborted) return;
      const wait = backoff(failures++);
      log.warn(
        { err, retry_in_ms: Math.round(wait) },
        'not told of new events any more; polling for them until it is mended',
      );
      await pause(wait, stopping.signal);
    }
  };
  const running = run();

  return {
    listening: () => listening,
    news: () => news,
    wakeAll,
    wait: (seen, ms, signal) => {
      if (seen !== news || signal.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(done);
          signal.removeEventListener('abort', done);
          resolve();
        };
        const timer = ms === undefined ? undefined : setTimeout(done, ms);
        waiting.add(done);
        signal.addEventListener('abort', done);
      });
    },
    close: async () => {
      stopping.abort();
      await running;
    },
  };
}
