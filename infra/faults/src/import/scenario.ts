import type { ImportRun } from '@core/domain';
import type { Processes } from '../processes.ts';
import type { createRandom } from '../random.ts';
import type { ImportStack } from './stack.ts';

export interface ImportFixture {
  stack: ImportStack;
  importers: Processes;
  random: ReturnType<typeof createRandom>;
  short: boolean;
  signal: AbortSignal;
}

export interface ImportVerdict {
  /** Summary of the run, for the line of the verdict. */
  note: string;
  /** Empty when the imported customers equal the shop's. */
  violations: string[];
}

/** A fault while a shop is imported; after it, the stored customers are compared with the shop. */
export interface ImportScenario {
  name: string;
  run(fixture: ImportFixture): Promise<ImportVerdict>;
}

/** Checks the status and counters of a run that should have completed. */
export function checkCompleted(run: ImportRun, customers: number): string[] {
  const { status, error, expected, read, created, updated, unchanged, failed } = run;
  const violations: string[] = [];
  if (status !== 'completed') violations.push(`the run is ${status}: ${error ?? 'no reason'}`);
  if (expected !== customers) violations.push(`${expected} were expected, the shop had ${customers}`);
  if (read !== customers || created + updated + unchanged !== customers || failed !== 0) {
    violations.push(
      `counters of ${customers} customers: ${JSON.stringify({ read, created, updated, unchanged, failed })}`,
    );
  }
  return violations;
}
