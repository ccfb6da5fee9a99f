export interface FaultRunOptions {
  /** Fewer and shorter faults. */
  short: boolean;
  seed: number;
  /** Only the scenarios whose name contains it. */
  only?: string | undefined;
  /** The number of inputs, for the suites that generate them. */
  count?: number | undefined;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Numbers of scenarios. */
export interface FaultRun {
  passed: number;
  failed: number;
  /** Scenarios that need something that this machine lacks. */
  skipped?: number;
}
