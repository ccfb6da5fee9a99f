export interface FaultRunOptions {
  /** Fewer and shorter faults. */
  short: boolean;
  seed: number;
  /** Only the scenarios whose name contains it. */
  only?: string | undefined;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Scenarios. */
export interface FaultRun {
  passed: number;
  failed: number;
}
