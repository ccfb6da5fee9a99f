import type { Consumer } from 'kafkajs';
import { startLoop } from '@core/runtime';

/**
 * The broker forgets a member that it has not heard for this long. A group stands still as long when one
 * member is killed and another joins behind it: the broker waits for the dead one before it assigns the
 * partitions. A process that is silent for longer loses its partitions, which costs only repetitions;
 * heartbeats come four times as often.
 */
export const SESSION_TIMEOUT_MS = 9_000;

/**
 * The broker waits this long until every member has joined again. Ours let go of their work when they hear of
 * it, so that it need not be longer than for a dead one.
 */
export const REBALANCE_TIMEOUT_MS = SESSION_TIMEOUT_MS;

/**
 * A consumer without a heartbeat or a finished fetch for this long is taken to be stuck: its group has given
 * its partitions away long ago, and a join that waits for a slow member takes half of this.
 */
export const STUCK_AFTER_MS = 60_000;
const LOOK_EVERY_MS = 1_000;

export interface Watch {
  /** In the group, heard lately, and no fetch is stuck. */
  healthy(): boolean;
  /** Resolves with the reason once kafkajs has given up, or when nothing moves any more. */
  readonly over: Promise<Error>;
  stop(): void;
}

/**
 * Looks at a consumer of kafkajs from outside, for it can stop without a word: on a connection that the network
 * has forgotten it asks again and again (kafkajs #659, #1431), one that dies in the exchange of the password is
 * waited for without an end, and the loop that fetches can end while the heartbeats go on.
 */
export function watchConsumer(consumer: Consumer, stuckAfterMs: number): Watch {
  const { GROUP_JOIN, HEARTBEAT, FETCH_START, FETCH, CRASH, STOP, DISCONNECT, REBALANCING } = consumer.events;
  let member = false;
  let heardAt = Date.now();
  // By broker. A fetch that failed leaves its entry until the next one of that broker, which comes at once.
  const fetching = new Map<number, number>();
  const { promise: over, resolve: end } = Promise.withResolvers<Error>();

  const heard = () => void (heardAt = Date.now());
  const gone = () => {
    member = false;
    fetching.clear();
  };
  consumer.on(GROUP_JOIN, () => {
    heard();
    member = true;
    fetching.clear();
  });
  consumer.on(HEARTBEAT, heard);
  consumer.on(FETCH_START, ({ payload: { nodeId } }) => void fetching.set(nodeId, Date.now()));
  consumer.on(FETCH, ({ payload: { nodeId } }) => void fetching.delete(nodeId));
  for (const event of [REBALANCING, STOP, DISCONNECT] as const) consumer.on(event, gone);
  consumer.on(CRASH, ({ payload: { error } }) => {
    gone();
    end(error);
  });

  const stillFor = () => Date.now() - Math.min(heardAt, ...fetching.values());
  const loop = startLoop({
    name: 'look whether a consumer is stuck',
    every: LOOK_EVERY_MS,
    waitsFirst: true,
    work: () => {
      if (stillFor() < stuckAfterMs) return LOOK_EVERY_MS;
      end(new Error(`no answer from Kafka for ${Math.round(stillFor() / 1000)} s`));
      return 'end';
    },
  });

  return {
    healthy: () => member && stillFor() < Math.min(SESSION_TIMEOUT_MS, stuckAfterMs),
    over,
    stop: () => void loop.stop(),
  };
}
