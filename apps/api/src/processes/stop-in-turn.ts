import { within } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';

type Stoppable = Pick<ApiProcess, 'exited' | 'stop' | 'kill'>;

/**
 * Stops one process after the other, so that the port answers until the last. One that takes longer than its
 * share of half the time goes on while the next begins: a stop must end however many there are.
 * @param withinMs who is still there then is killed
 */
export async function stopInTurn(processes: readonly Stoppable[], withinMs: number): Promise<void> {
  const turn = withinMs / 2 / processes.length;
  const killing = setTimeout(() => {
    for (const each of processes) each.kill();
  }, withinMs);
  for (const each of processes) {
    each.stop();
    await within(turn, each.exited);
  }
  await Promise.all(processes.map(({ exited }) => exited));
  clearTimeout(killing);
}
