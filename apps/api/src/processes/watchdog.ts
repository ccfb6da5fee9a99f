import { startLoop, type Logger } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';
import { readMainThread, wasBusy, type MainThread } from './main-thread.ts';

const ASK_EVERY_MS = 10_000;
/**
 * Unanswered questions before a thread that uses no CPU is killed. One long pause of the machine must not
 * kill a process.
 */
const MAX_IDLE_SILENCES = 3;
/**
 * Unanswered questions before a thread that uses CPU is killed: five minutes. A queue of large requests
 * blocks the event loop for seconds at a time and then ends, and a killed process fails all of its calls; an
 * endless loop must be killed.
 */
const MAX_SILENCES = 30;

export interface WatchdogOptions {
  log: Logger;
  /** Aborted when the process exits or is being stopped. */
  until: AbortSignal;
  /** Returns false while too few other processes serve: the process is then only queried again. */
  mayKill: () => boolean;
  /** Called just before the process is killed. */
  onKill: (why: 'hung' | 'endless') => void;
  everyMs?: number;
  look?: (pid: number | undefined) => MainThread | undefined;
}

/**
 * Kills a process that hangs, so that it is replaced. An orchestrator cannot detect it: its probes query the
 * supervisor, which is healthy. A busy process does not answer either, but its main thread uses CPU, so it
 * gets far more time. Any message counts as a sign of life, including a late answer to an earlier question.
 */
export async function runWatchdog(
  member: Pick<ApiProcess, 'pid' | 'heard' | 'ask' | 'kill'>,
  { log, until, mayKill, onKill, everyMs = ASK_EVERY_MS, look = readMainThread }: WatchdogOptions,
): Promise<void> {
  let silences = 0;
  let idle = 0;
  let thread = look(member.pid);
  let asked: { heard: number } | undefined;
  const loop = startLoop({
    name: 'ask a process whether it lives',
    log,
    every: everyMs,
    work: () => {
      if (asked && judge(asked.heard) === 'kill') {
        member.kill();
        return 'end';
      }
      asked = { heard: member.heard() };
      void member.ask('alive');
      return everyMs;
    },
  });
  const judge = (heard: number): 'kill' | 'wait' => {
    const before = thread;
    thread = look(member.pid);
    if (member.heard() > heard) {
      silences = idle = 0;
      return 'wait';
    }
    silences++;
    const busy = wasBusy(before, thread);
    idle = busy ? 0 : idle + 1;
    const about = { pid: member.pid, silences, busy };
    if (idle < MAX_IDLE_SILENCES && silences < MAX_SILENCES) {
      log.warn(about, 'a process does not answer');
      return 'wait';
    }
    if (!mayKill()) {
      log.error(about, 'a process does not answer; it is killed once the others serve');
      return 'wait';
    }
    log.error(about, 'a process does not answer any more and is killed');
    onKill(idle < MAX_IDLE_SILENCES ? 'endless' : 'hung');
    return 'kill';
  };
  const stop = () => void loop.stop();
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) stop();
  await loop.over;
  until.removeEventListener('abort', stop);
}
