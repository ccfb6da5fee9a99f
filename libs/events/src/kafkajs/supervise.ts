import { startLoop, within } from '@core/runtime';
import type { EventConsumer } from '../kafka-client.ts';

/** One consumer of the client library, from its join to its end. */
export interface ConsumerLife {
  healthy(): boolean;
  /** Resolves with the reason when it ends without close(). */
  readonly over: Promise<Error>;
  /** May never resolve when the consumer is stuck. */
  close(): Promise<void>;
}

export interface Supervision {
  /**
   * Called when a life ends and when an opening fails, with the time since the first failure after the last
   * stable life.
   */
  onOver: (why: Error, failingForMs: number) => void;
  limits?: typeof LIMITS;
}

export const LIMITS = {
  /** A life that lasts this long is stable: it resets the time of failing. */
  stableMs: 60_000,
  /** A join waits for slow members for at most half of this. */
  openMs: 60_000,
  closeMs: 20_000,
};

/**
 * Keeps a consumer running: it is rebuilt whenever it crashes, hangs or is expelled from its group. Rejected:
 * repairing it, because only a new one has new connections and a new member id. The old one is closed in the
 * background. Rebuilding never stops. Ending the process would also end its other consumers and the relay,
 * and a deleted topic may come back.
 * @throws any error of `open`, at the first opening only
 */
export async function supervise(
  open: () => Promise<ConsumerLife>,
  { onOver, limits = LIMITS }: Supervision,
): Promise<EventConsumer> {
  const openInTime = async (): Promise<ConsumerLife> => {
    const opening = open();
    const opened = await within(limits.openMs, opening);
    if (opened) return opened;
    opening.then((late) => late.close()).catch(() => undefined);
    throw new Error(`could not join the group within ${limits.openMs / 1000} s`);
  };

  let life: ConsumerLife | undefined = await openInTime();
  let failingSince: number | undefined;
  let closing = false;

  /** Waits until the consumer ends, which is a failure. @returns without `why` when the supervision stops */
  const live = async (signal: AbortSignal): Promise<{ why?: Error; lastedMs: number }> => {
    const alive = (life ??= await openInTime());
    const openedAt = Date.now();
    const why = await Promise.race([alive.over, aborted(signal)]);
    if (!why) return { lastedMs: 0 };
    alive.close().catch(() => undefined);
    life = undefined;
    return { why, lastedMs: Date.now() - openedAt };
  };
  const loop = startLoop({
    name: 'consumer supervision',
    backoff: { first: 200, most: 5_000 },
    work: async (signal, succeeded) => {
      try {
        const { why, lastedMs } = await live(signal);
        if (!why) return 'end' as const;
        if (lastedMs > limits.stableMs) {
          failingSince = undefined;
          succeeded();
        }
        throw why;
      } catch (error) {
        failingSince ??= Date.now();
        onOver(error as Error, Date.now() - failingSince);
        throw error;
      }
    },
  });

  const close = async (): Promise<void> => {
    closing = true;
    await loop.stop();
    await life?.close();
  };
  let closed: Promise<unknown> | undefined;
  return {
    joined: () => !closing && (life?.healthy() ?? false),
    close: async () => void (await (closed ??= within(limits.closeMs, close()))),
  };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
