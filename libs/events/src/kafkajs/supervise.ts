import { startLoop, within } from '@core/runtime';
import type { EventConsumer } from '../kafka-client.ts';

/** One consumer of the client library, from its join to its end. */
export interface ConsumerLife {
  healthy(): boolean;
  /** Resolves with the reason when it is over without close(). */
  readonly over: Promise<Error>;
  /** May take for ever when it is stuck. */
  close(): Promise<void>;
}

export interface Supervision {
  /** Told at each end of a life and each opening that fails, with how long there has been none that lasted. */
  onOver: (why: Error, failingForMs: number) => void;
  limits?: typeof LIMITS;
}

export const LIMITS = {
  /** A life that lasts this long makes up for the failures before it. */
  stableMs: 60_000,
  /** A join waits for slow members, at most half of this. */
  openMs: 60_000,
  closeMs: 20_000,
};

/**
 * A consumer that is rebuilt whenever it crashes, hangs or is thrown out, instead of being repaired: a new
 * one has new connections and a new member id. The old one is told to end and not waited for. It never gives
 * up: ending the process would take its other consumers and the relay with it, and a topic that was deleted
 * may come back.
 * @throws what `open` throws, at the first opening alone
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

  /** Until it is over, which is a failure. @returns when it is to end */
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
    name: 'keep a consumer in its group',
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
