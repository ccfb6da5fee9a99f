import type { Rows } from '@core/testing';
export interface SuiteOptions {
  rounds: number;
  /** Duration of each measurement, in seconds. */
  seconds: number;
  /** Duration of the warm-up before each measurement, in seconds. */
  warmUp: number;
  /** Numbers of customers, ascending, for the suite scaling. The suite has defaults. */
  sizes?: readonly number[] | undefined;
  say: (line: string) => void;
  /** Disposed when the suite has ended or is interrupted. */
  stops: AsyncDisposableStack;
  /** Aborted by Ctrl-C. */
  signal: AbortSignal;
}

/** The result of a suite, written to results/<name>.json. */
export interface Report {
  name: string;
  /** Empty when too few rounds were clean. */
  ratios: Record<string, number>;
  /** Absolute figures and the settings that produced them. */
  context: Record<string, unknown>;
  /** Tables for readers. */
  tables: readonly Rows[];
  /** The document with a section for the tables; docs/benchmarks.md by default. */
  document?: string;
  /** One line on whether the ratios are reliable. */
  verdict: string;
}

export type Suite = (options: SuiteOptions) => Promise<Report>;
