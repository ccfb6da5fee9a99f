import type { Consumer } from 'kafkajs';
import { startLoop } from '@core/runtime';

/**
 * The broker expels a member without a heartbeat for this long. A group also stops for this long when one
 * member is killed and another one joins later: the broker waits for the dead one before it assigns the
 * partitions. A process that is unresponsive for longer loses its partitions, which costs only repetitions.
 * Heartbeats are sent four times as often.
 */
export const SESSION_TIMEOUT_MS = 9_000;

/**
 * The broker waits this long for every member to join again. Our members abort their work as soon as they are
 * notified, so this need not be longer than the wait for a dead member.
 */
export const REBALANCE_TIMEOUT_MS = SESSION_TIMEOUT_MS;

/**
 * A consumer without a heartbeat or a finished fetch for this long counts as stuck. Its group has reassigned
 * its partitions long ago, and a join that waits for a slow member takes half of this.
 */
export const STUCK_AFTER_MS = 60_000;
const CHECK_EVERY_MS = 1_000;

export interface Watch {
  /** Returns whether it is in the group, was recently in contact with the broker, and has no stuck fetch. */
  healthy(): boolean;
  /** Resolves with the reason once kafkajs has given up, or nothing progresses any more. */
  readonly over: Promise<Error>;
  stop(): void;
}

/**
 * Monitors a kafkajs consumer from outside, because it can stop without an error:
 *
 * - On a connection that the network has dropped, it repeats requests without end (kafkajs #659, #1431).
 * - It waits without end for a connection that fails during authentication.
 * - Its fetch loop can end while the heartbeats continue.
 */
export function watchConsumer(consumer: Consumer, stuckAfterMs: number): Watch {
  const { GROUP_JOIN, HEARTBEAT, FETCH_START, FETCH, CRASH, STOP, DISCONNECT, REBALANCING } = consumer.events;
  let member = false;
  let contactAt = Date.now();
  // The start of each fetch, by broker. A failed fetch leaves its entry until the broker's next fetch, which
  // starts at once.
  const fetching = new Map<number, number>();
  const { promise: over, resolve: end } = Promise.withResolvers<Error>();

  const recordContact = () => void (contactAt = Date.now());
  const leave = () => {
    member = false;
    fetching.clear();
  };
  consumer.on(GROUP_JOIN, () => {
    recordContact();
    member = true;
    fetching.clear();
  });
  consumer.on(HEARTBEAT, recordContact);
  consumer.on(FETCH_START, ({ payload: { nodeId } }) => void fetching.set(nodeId, Date.now()));
  consumer.on(FETCH, ({ payload: { nodeId } }) => void fetching.delete(nodeId));
  for (const event of [REBALANCING, STOP, DISCONNECT] as const) consumer.on(event, leave);
  consumer.on(CRASH, ({ payload: { error } }) => {
    leave();
    end(error);
  });

  const silentMs = () => Date.now() - Math.min(contactAt, ...fetching.values());
  const loop = startLoop({
    name: 'consumer stall check',
    every: CHECK_EVERY_MS,
    waitsFirst: true,
    work: () => {
      if (silentMs() < stuckAfterMs) return CHECK_EVERY_MS;
      end(new Error(`no answer from Kafka for ${Math.round(silentMs() / 1000)} s`));
      return 'end';
    },
  });

  return {
    healthy: () => member && silentMs() < Math.min(SESSION_TIMEOUT_MS, stuckAfterMs),
    over,
    stop: () => void loop.stop(),
  };
}
