import { ownClient, type Pool } from '@core/db';
import { startLoop, within, type Logger, type Subscribe } from '@core/runtime';

/** Tells loops that somebody has appended. */
export interface Wake {
  /** Whether announcements reach us; if not, look often. */
  listening(): boolean;
  /** For the `wake` of a loop. */
  subscribe: Subscribe;
  /** Wakes as an announcement does: somebody has seen events that nobody announced. */
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
  const listeners = new Set<() => void>();
  let client: ReturnType<typeof ownClient> | undefined;
  let lost: Error | undefined;
  let listening = false;

  const wakeAll = (): void => {
    for (const wake of listeners) wake();
  };
  /** Also wakes: nobody was told of events appended meanwhile, and listeners must now look themselves. */
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
  const open = (): ReturnType<typeof ownClient> => {
    const opened = ownClient(pool);
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
    const asked = client;
    if (isNew) await asked.connect();
    signal.throwIfAborted();
    const answered = await within(CHECK_TIMEOUT_MS, asked.query(`listen "${channel}"`));
    if (!answered) throw new Error(`no answer to LISTEN within ${CHECK_TIMEOUT_MS} ms`);
  };
  const loop = startLoop({
    name: `listen on the channel ${channel}`,
    log,
    advise: () => 'polling until it is mended',
    every: CHECK_MS,
    backoff: { most: 5_000 },
    work: async (signal) => {
      try {
        // Its loss is the failure of a round, so that it is told, and tried again after a pause.
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
