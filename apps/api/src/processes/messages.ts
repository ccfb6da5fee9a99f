import type { MetricValues } from '@core/runtime';
import type { RunningApi } from '../api.ts';

/** Queries of a supervisor to a process, with the type of each answer. */
export interface Queries {
  /** Answered at once by a responsive event loop. */
  alive: true;
  /** Names of failing checks; empty when the process is ready. */
  failing: string[];
  /** The same for writes. */
  failingWrites: string[];
  metrics: MetricValues;
}

export type QueryMessage = { [K in keyof Queries]: { id: number; ask: K } }[keyof Queries];

/** Messages of a process to its supervisor. */
export type ProcessMessage =
  { kind: 'serving'; ports: RunningApi } | { kind: 'answer'; id: number; answer: Queries[keyof Queries] };
