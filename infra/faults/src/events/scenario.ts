import type { createRandom } from '../random.ts';
import type { FaultStack } from './stack.ts';
import type { Processes } from '../processes.ts';

export interface Fixture {
  stack: FaultStack;
  workers: Processes;
  random: ReturnType<typeof createRandom>;
  short: boolean;
  signal: AbortSignal;
}

export interface ScenarioResult {
  /**
   * Number of kills, broker faults and fenced relays: each may repeat the events that a relay had in flight.
   */
  faults: number;
  /** Summary of the run, for the line of the verdict. */
  note: string;
  /** Violations that the scenario itself found. */
  violations?: string[];
}

/** A fault while writers run; the ledger is checked afterwards. */
export interface Scenario {
  name: string;
  run(fixture: Fixture): Promise<ScenarioResult>;
}

export const outboxIsEmpty = async ({ owner }: Pick<FaultStack, 'owner'>): Promise<boolean> =>
  (await owner.query('select from outbox_events limit 1')).rowCount === 0;
