import type { MetricValues } from '@core/runtime';
import type { RunningApi } from '../api.ts';

/** Questions of a supervisor to a process, with the type of each reply. */
export interface Answers {
  /** Answered at once by a responsive event loop. */
  alive: true;
  /** Names of failing checks; empty when the process is ready. */
  failing: string[];
  /** The same for writes. */
  failingWrites: string[];
  metrics: MetricValues;
}

export type Question = { [K in keyof Answers]: { id: number; ask: K } }[keyof Answers];

/** Messages of a process to its supervisor. */
export type Said =
  { kind: 'serving'; ports: RunningApi } | { kind: 'answer'; id: number; answer: Answers[keyof Answers] };
