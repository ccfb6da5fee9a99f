/** One of the two servers, listening. */
export interface RunningServer {
  readonly port: number;
  /** Takes no new calls, lets those under way end for STOP_WITHIN_MS, then cuts them off. */
  stop(): Promise<void>;
}

/** Of the 30 s that an orchestrator gives by default; the pool and what else is to be closed need a part. */
export const STOP_WITHIN_MS = 10_000;
