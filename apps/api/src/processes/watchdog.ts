import { startLoop, type Logger } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';
import { readMainThread, wasBusy, type MainThread } from './main-thread.ts';

const QUERY_EVERY_MS = 10_000;
/**
 * Unanswered queries before a thread that uses no CPU is killed. One long pause of the machine must not
 * kill a process.
 */
const MAX_UNANSWERED_IDLE = 3;
/**
 * Unanswered queries before a thread that uses CPU is killed: five minutes. A queue of large requests
 * blocks the event loop for seconds at a time and then ends, and a killed process fails all of its calls; an
 * endless loop must be killed.
 */
const MAX_UNANSWERED = 30;

export interface WatchdogOptions {
  log: Logger;
  /** Aborted when the process exits or is being stopped. */
  until: AbortSignal;
  /** Returns false while too few other processes serve: the process is then only queried again. */
  mayKill: () => boolean;
  /** Called just before the process is killed. */
  onKill: (why: 'hung' | 'endless') => void;
  everyMs?: number;
  readThread?: (pid: number | undefined) => MainThread | undefined;
}

/**
 * Kills a process that hangs, so that it is replaced. An orchestrator cannot detect it: its probes query the
 * supervisor, which is healthy. A busy process does not answer either, but its main thread uses CPU, so it
 * gets far more time. Any message counts as a sign of life, including a late answer to an earlier query.
 */
export async function runWatchdog(
  member: Pick<ApiProcess, 'pid' | 'messageCount' | 'query' | 'kill'>,
  { log, until, mayKill, onKill, everyMs = QUERY_EVERY_MS, readThread = readMainThread }: WatchdogOptions,
): Promise<void> {
  let unanswered = 0;
  let unansweredIdle = 0;
  let thread = readThread(member.pid);
  let previous: { messageCount: number } | undefined;
  const loop = startLoop({
    name: 'process watchdog',
    log,
    every: everyMs,
    work: () => {
      if (previous && decide(previous.messageCount) === 'kill') {
        member.kill();
        return 'end';
      }
      previous = { messageCount: member.messageCount() };
      void member.query('alive');
      return everyMs;
    },
  });
  const decide = (countBefore: number): 'kill' | 'wait' => {
    const before = thread;
    thread = readThread(member.pid);
    if (member.messageCount() > countBefore) {
      unanswered = unansweredIdle = 0;
      return 'wait';
    }
    unanswered++;
    const busy = wasBusy(before, thread);
    unansweredIdle = busy ? 0 : unansweredIdle + 1;
    const fields = { pid: member.pid, silences: unanswered, busy };
    if (unansweredIdle < MAX_UNANSWERED_IDLE && unanswered < MAX_UNANSWERED) {
      log.warn(fields, 'a process does not answer');
      return 'wait';
    }
    if (!mayKill()) {
      log.error(fields, 'a process does not answer; it is killed once the others serve');
      return 'wait';
    }
    log.error(fields, 'a process does not answer any more and is killed');
    onKill(unansweredIdle < MAX_UNANSWERED_IDLE ? 'endless' : 'hung');
    return 'kill';
  };
  const stop = () => void loop.stop();
  until.addEventListener('abort', stop, { once: true });
  if (until.aborted) stop();
  await loop.over;
  until.removeEventListener('abort', stop);
}
