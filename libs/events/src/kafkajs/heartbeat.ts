import { startLoop, type Loop } from '@core/runtime';

/** kafkajs sends at most one heartbeat per interval, however often it is called. */
export const HEARTBEAT_MS = 2_000;

/** Sends heartbeats during work that may take longer than the session timeout. */
export const startHeartbeats = (heartbeat: () => Promise<void>): Loop =>
  startLoop({
    name: 'consumer heartbeat',
    every: HEARTBEAT_MS,
    backoff: { first: HEARTBEAT_MS },
    waitsFirst: true,
    work: heartbeat,
  });
