/** kafkajs sends at most one per interval, however often it is asked. */
export const HEARTBEAT_MS = 3_000;

/**
 * Heartbeats beside work that may take longer than the session.
 * @returns `lost` aborts with kafkajs's error once a heartbeat fails, as in a rebalance
 */
export function keepBeating(heartbeat: () => Promise<void>): { lost: AbortSignal; stop: () => void } {
  const lost = new AbortController();
  const timer = setInterval(() => {
    heartbeat().catch((error: unknown) => lost.abort(error));
  }, HEARTBEAT_MS);
  return { lost: lost.signal, stop: () => clearInterval(timer) };
}
