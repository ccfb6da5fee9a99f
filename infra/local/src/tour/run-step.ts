import { within } from '@core/runtime';

export interface Step {
  name: string;
  run(): Promise<unknown>;
  /** The time limit of the step: several times its duration on a slow machine. */
  limitMs: number;
  /** The log file of the process that does the work. It contains the reason of a failure. */
  log: string;
}

/** A step of the tour failed; `step` names it. */
export class TourFailed extends Error {
  override name = 'TourFailed';
  constructor(step: string, cause: unknown) {
    super(`step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/**
 * Runs a step.
 * @throws TourFailed when it fails or exceeds its time limit. The step then keeps running until the stack
 *   stops.
 */
export async function runStep({ name, run, limitMs, log }: Step): Promise<void> {
  const done = run().then(
    () => 'done' as const,
    (error: unknown) => {
      throw new TourFailed(name, error);
    },
  );
  if ((await within(limitMs, done)) !== undefined) return;
  const advice = `see ${log}. If the log shows no reason, run npm start again, or start with empty data: npm start -- --fresh`;
  throw new TourFailed(name, `it took longer than ${Math.round(limitMs / 1_000)} s; ${advice}`);
}
