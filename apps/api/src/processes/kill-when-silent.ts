import { pause, type Logger } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';

const ASK_EVERY_MS = 10_000;
/** One long pause of its garbage collector, or of the machine, is no reason. */
const MOST_SILENCES = 3;

/**
 * Kills a process whose event loop has come to a halt, so that it is replaced. An orchestrator cannot see it:
 * its probes ask the supervisor, who is well. A process that answers what it lacks is left alone.
 * @param until aborted when it ends, or is to end, anyway
 */
export async function killWhenSilent(
  member: Pick<ApiProcess, 'pid' | 'ask' | 'kill'>,
  { log, until, everyMs = ASK_EVERY_MS }: { log: Logger; until: AbortSignal; everyMs?: number },
): Promise<void> {
  for (let silences = 0; silences < MOST_SILENCES;) {
    await pause(everyMs, until);
    if (until.aborted) return;
    silences = (await member.ask('failing')) === undefined ? silences + 1 : 0;
  }
  if (until.aborted) return;
  log.error({ pid: member.pid }, 'a process does not answer any more');
  member.kill();
}
