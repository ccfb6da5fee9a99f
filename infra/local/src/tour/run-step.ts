import { within } from '@core/runtime';

export interface Step {
  name: string;
  run(): Promise<unknown>;
  /** The time limit of a step; several times its duration on a slow machine. */
  limitMs: number;
  /** The processes that do its work: their logs contain the reason. */
  log: string;
}

/** A step of the tour failed; `step` names it. */
export class TourFailed extends Error {
  override name = 'TourFailed';
  constructor(step: string, cause: unknown) {
    super(`step "${step}" failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** @throws TourFailed, also after the time limit: the step then runs on, and the stack stops under it */
export async function runStep({ name, run, limitMs, log }: Step): Promise<void> {
  const done = run().then(
    () => 'done' as const,
    (error: unknown) => {
      throw new TourFailed(name, error);
    },
  );
  if ((await within(limitMs, done)) !== undefined) return;
  const advice = `see ${log}; if it says nothing, run npm start again, or begin anew with npm start -- --fresh`;
  throw new TourFailed(name, `it took longer than ${Math.round(limitMs / 1_000)} s; ${advice}`);
}
