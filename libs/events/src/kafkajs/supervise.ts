import { backoff, pause, within } from '@core/runtime';
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
  /** A life that lasts so long makes up for the failures before it. */
  stableMs: 60_000,
  /** A join waits for slow members, at most half of this. */
  openMs: 60_000,
  closeMs: 20_000,
};

/**
 * A consumer that is built anew whenever it crashes, hangs or is thrown out, instead of being nursed: a new one
 * has new connections and a new member id. The old one is told to end and not waited for. It never gives up: ending the
 * process would take its other consumers and the relay with it, and a topic that was deleted may come back.
 * @throws what `open` throws, at the first opening alone
 */
export async function supervise(
  open: () => Promise<ConsumerLife>,
  { onOver, limits = LIMITS }: Supervision,
): Promise<EventConsumer> {
  const closing = new AbortController();
  const asked = new Promise<undefined>((resolve) => {
    closing.signal.addEventListener('abort', () => resolve(undefined));
  });
  const openInTime = async (): Promise<ConsumerLife> => {
    const opening = open();
    const opened = await within(limits.openMs, opening);
    if (opened) return opened;
    opening.then((late) => late.close()).catch(() => undefined);
    throw new Error(`could not join the group within ${limits.openMs / 1000} s`);
  };

  let life: ConsumerLife | undefined = await openInTime();
  let failures = 0;
  let failingSince = 0;

  const failed = (why: Error): void => {
    if (failures++ === 0) failingSince = Date.now();
    onOver(why, Date.now() - failingSince);
  };
  const openAnew = async (): Promise<ConsumerLife | undefined> => {
    while (!closing.signal.aborted) {
      await pause(backoff(failures), closing.signal);
      try {
        return await openInTime();
      } catch (error) {
        failed(error as Error);
      }
    }
    return undefined;
  };
  const keepAlive = async (): Promise<void> => {
    while (life) {
      const openedAt = Date.now();
      const why = await Promise.race([life.over, asked]);
      if (!why) return;
      life.close().catch(() => undefined);
      life = undefined;
      if (Date.now() - openedAt > limits.stableMs) failures = 0;
      failed(why);
      life = await openAnew();
    }
  };
  const alive = keepAlive();

  const close = async (): Promise<void> => {
    closing.abort();
    await alive;
    await life?.close();
  };
  let closed: Promise<unknown> | undefined;
  return {
    joined: () => !closing.signal.aborted && (life?.healthy() ?? false),
    close: async () => void (await (closed ??= within(limits.closeMs, close()))),
  };
}
