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

export interface Injected {
  /** Kills, broker faults and fenced relays: each may repeat what a relay had in hand. */
  faults: number;
  /** An account of the run, for the verdict's line. */
  note: string;
  /** Violations that the scenario itself found. */
  violations?: string[];
}

/** A fault while writers are at work; the ledger is checked behind it. */
export interface Scenario {
  name: string;
  run(fixture: Fixture): Promise<Injected>;
}

export const outboxIsEmpty = async ({ owner }: Pick<FaultStack, 'owner'>): Promise<boolean> =>
  (await owner.query('select from outbox_events limit 1')).rowCount === 0;
