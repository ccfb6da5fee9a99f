export interface SuiteOptions {
  rounds: number;
  /** Of each measurement. */
  seconds: number;
  say: (line: string) => void;
}

/** What a suite found out; written to results/<name>.json. */
export interface Report {
  name: string;
  /** Empty when too few rounds were clean. */
  ratios: Record<string, number>;
  /** Absolute figures and how they came about. */
  context: Record<string, unknown>;
  /** For people: one line a ratio. */
  table: { figure: string; value: string; floor: string; goal: string }[];
}

export type Suite = (options: SuiteOptions) => Promise<Report>;
