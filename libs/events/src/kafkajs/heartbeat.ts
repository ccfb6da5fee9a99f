import { startLoop, type Loop } from '@core/runtime';

/** kafkajs sends at most one per interval, however often it is asked. */
export const HEARTBEAT_MS = 2_000;

/** Heartbeats beside work that may take longer than the session. */
export const keepBeating = (heartbeat: () => Promise<void>): Loop =>
  startLoop({
    name: 'send heartbeats to Kafka',
    every: HEARTBEAT_MS,
    backoff: { first: HEARTBEAT_MS },
    waitsFirst: true,
    work: heartbeat,
  });
