import { separateClient, type Pool } from '@core/db';
import { startLoop, within, type Logger, type Subscribe } from '@core/runtime';

/** Notifies loops that events were appended. */
export interface Listener {
  /** Returns whether notifications arrive. If not, loops must poll often. */
  listening(): boolean;
  /** For the `wake` of a loop. */
  subscribe: Subscribe;
  /** Wakes the loops like a notification does, for events that were found without one. */
  wakeAll(): void;
  close(): Promise<void>;
}

/** How often the connection is tested: when a network drops packets, the connection still seems alive. */
const CHECK_MS = 15_000;
const CHECK_TIMEOUT_MS = 5_000;

/**
 * Listens on a channel over a separate connection, and reconnects until it is closed. A notification is only
 * a hint: a lost one costs the time until the next poll.
 */
export function startListener(pool: Pool, channel: string, log: Logger): Listener {
  const listeners = new Set<() => void>();
  let client: ReturnType<typeof separateClient> | undefined;
  let lost: Error | undefined;
  let listening = false;

  const wakeAll = (): void => {
    for (const wake of listeners) wake();
  };
  /**
   * Also wakes the loops: events may have been appended without a notification, and while it is not listening
   * they must poll.
   */
  const setListening = (now: boolean): void => {
    if (listening === now) return;
    listening = now;
    wakeAll();
  };
  const drop = (): void => {
    client?.end().catch(() => undefined);
    client = undefined;
    setListening(false);
  };
  const open = (): ReturnType<typeof separateClient> => {
    const opened = separateClient(pool);
    const onLost = (error?: Error): void => {
      if (client !== opened) return;
      lost = error ?? new Error('the connection has ended');
      drop();
      loop.wake();
    };
    opened.on('error', onLost);
    opened.on('end', () => onLost());
    opened.on('notification', wakeAll);
    return opened;
  };
  const listen = async (signal: AbortSignal): Promise<void> => {
    const isNew = !client;
    client ??= open();
    const current = client;
    if (isNew) await current.connect();
    signal.throwIfAborted();
    const answered = await within(CHECK_TIMEOUT_MS, current.query(`listen "${channel}"`));
    if (!answered) throw new Error(`no answer to LISTEN within ${CHECK_TIMEOUT_MS} ms`);
  };
  const loop = startLoop({
    name: `notification listener ${channel}`,
    log,
    advise: () => 'polling until it is restored',
    every: CHECK_MS,
    backoff: { most: 5_000 },
    work: async (signal) => {
      try {
        // A lost connection is thrown as the failure of a round, so that it is logged and retried after a
        // pause.
        if (lost) throw lost;
        await listen(signal);
        if (client) setListening(true);
      } catch (error) {
        lost = undefined;
        drop();
        throw error;
      }
    },
  });

  return {
    listening: () => listening,
    wakeAll,
    subscribe: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
    close: async () => {
      await loop.stop();
      drop();
    },
  };
}
