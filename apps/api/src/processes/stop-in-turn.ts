import { within } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';

type Stoppable = Pick<ApiProcess, 'exited' | 'stop' | 'kill'>;

/**
 * Stops one process after the other, so that the port is served until the last one stops. If a process takes
 * longer than its share of half the time, the next one is stopped without waiting for it: the shutdown must
 * finish in time for any number of processes.
 * @param withinMs the processes that still run after this time are killed
 */
export async function stopInTurn(processes: readonly Stoppable[], withinMs: number): Promise<void> {
  const turnMs = withinMs / 2 / processes.length;
  const killing = setTimeout(() => {
    for (const each of processes) each.kill();
  }, withinMs);
  for (const each of processes) {
    each.stop();
    await within(turnMs, each.exited);
  }
  await Promise.all(processes.map(({ exited }) => exited));
  clearTimeout(killing);
}
