/** kafkajs sends at most one per interval, however often it is asked. */
export const HEARTBEAT_MS = 2_000;

/** Heartbeats beside work that may take longer than the session. */
export function keepBeating(heartbeat: () => Promise<void>): { stop: () => void } {
  const timer = setInterval(() => void heartbeat().catch(() => undefined), HEARTBEAT_MS);
  return { stop: () => clearInterval(timer) };
}
