/** One of the two servers, listening. */
export interface RunningServer {
  readonly port: number;
  /** Accepts no new calls, lets calls in progress finish for STOP_WITHIN_MS, then cuts them off. */
  stop(): Promise<void>;
}

/** Part of the 30 s that an orchestrator allows by default; closing the pool and the rest needs time, too. */
export const STOP_WITHIN_MS = 10_000;
