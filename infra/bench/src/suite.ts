export interface SuiteOptions {
  rounds: number;
  /** Duration of each measurement. */
  seconds: number;
  /** Duration of the warm-up before each measurement. */
  warmUp: number;
  /** Numbers of customers, ascending, for the suite that grows; its own unless given. */
  sizes?: readonly number[] | undefined;
  say: (line: string) => void;
  /** Disposed when the suite has ended, and at once when it is interrupted. */
  stops: AsyncDisposableStack;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** Rows of a table for people; all have the same names. */
export type Rows = readonly Record<string, string>[];

/** The result of a suite; written to results/<name>.json. */
export interface Report {
  name: string;
  /** Empty when too few rounds were clean. */
  ratios: Record<string, number>;
  /** Absolute figures and how they came about. */
  context: Record<string, unknown>;
  /** For people. */
  tables: readonly Rows[];
  /** The document that has a place for them; docs/benchmarks.md unless given. */
  document?: string;
  /** One line: whether the ratios may be believed. */
  verdict: string;
}

export type Suite = (options: SuiteOptions) => Promise<Report>;
