export interface FaultRunOptions {
  /** Fewer and shorter faults. */
  short: boolean;
  seed: number;
  /** Only the scenarios whose name contains it. */
  only?: string | undefined;
  /** Of what a suite does over and over, where it has such a number. */
  count?: number | undefined;
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Scenarios. */
export interface FaultRun {
  passed: number;
  failed: number;
}
