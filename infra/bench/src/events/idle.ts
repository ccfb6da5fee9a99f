import type { Child } from '@core/testing';
import { cpuSecondsOf, disturbance, cpuSnapshot } from '../cpu.ts';
import { describeDisturbance } from '../rounds.ts';
import type { SuiteOptions } from '../suite.ts';
import { commitOne, type Arrivals } from './latency.ts';
import type { EventStack } from './open-stack.ts';

export interface IdleFigures {
  /** CPU use of the idle worker, in percent of a core. */
  cpuPercent: number;
  /** Milliseconds from COMMIT of the first event after the idle time to its arrival at a consumer. */
  firstAfterMs: number;
}

/** Measures a worker that is idle for `seconds`, then commits one event. */
export async function measureIdle(
  stack: EventStack,
  worker: Child,
  arrivals: Arrivals,
  seconds: number,
  { say }: Pick<SuiteOptions, 'say'>,
): Promise<IdleFigures> {
  const from = { cpu: cpuSecondsOf([worker.pid]), at: performance.now(), snapshot: cpuSnapshot() };
  await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
  const spent = cpuSecondsOf([worker.pid]) - from.cpu;
  const cpuPercent = (100 * spent) / ((performance.now() - from.at) / 1_000);
  const { key, sent } = await commitOne(stack);
  const firstAfterMs = Math.max(0, (await arrivals.at(key)) - sent);
  say(
    `idle for ${seconds} s: ${cpuPercent.toFixed(2)} % of a core, the next event arrived after ${firstAfterMs.toFixed(1)} ms  ${describeDisturbance(disturbance(from.snapshot, cpuSnapshot()))}`,
  );
  return { cpuPercent, firstAfterMs };
}
