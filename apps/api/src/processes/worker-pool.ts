import { backoff, pause, within, type Logger } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';
import { runWatchdog } from './watchdog.ts';
import { stopInTurn } from './stop-in-turn.ts';

/** A process that served for this long did not die from the cause of earlier deaths. */
const PROVEN_AFTER_MS = 60_000;
/** The app ends after this many consecutive deaths before a port was opened, when no other process serves. */
const MAX_START_FAILURES = 5;
const LONGEST_PAUSE_MS = 10_000;
/**
 * Maximum pause after the death of a process that served: its cause may have passed, and each second fails
 * calls.
 */
const LONGEST_PAUSE_AFTER_SERVING_MS = 2_000;
/**
 * Maximum time for a new process to start serving while the old one keeps running. Connecting and checking
 * the schema take a second.
 */
const SERVES_WITHIN_MS = 60_000;

export interface WorkerPool {
  /** The processes that are meant to serve; during a replacement, the old and the new one. */
  readonly members: ReadonlySet<ApiProcess>;
  /** Resolves with the first process when all serve. @throws Error when a process ends before that */
  start(): Promise<ApiProcess>;
  /** Replaces one process after the other; each old process is stopped when its replacement serves. */
  renew(): Promise<void>;
  stop(withinMs: number): Promise<void>;
}

export interface WorkerPoolOptions {
  size: number;
  fork: () => ApiProcess;
  log: Logger;
  /** Aborted when the pool shuts down. */
  stopping: AbortSignal;
  onDeath: (death: { opened: boolean }) => void;
  onKill: (why: 'hung' | 'endless') => void;
  /** Called when restarts keep failing and the app must end. */
  onPermanentFailure: (error: Error) => void;
  /** The interval between two health queries; set by specs. */
  queryEveryMs?: number;
  /** The pause before the first replacement; it doubles with each consecutive death. */
  firstPauseMs?: number;
}

/**
 * Keeps `size` processes running. A process that dies is replaced after a pause, which grows while deaths
 * continue. Only processes that never opened a port end the app: their configuration is invalid. Deaths of
 * other processes never do. A request may have caused them, and one caller could then end the service for all
 * callers.
 */
export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { size, fork, log, stopping, onDeath, onKill, onPermanentFailure } = options;
  const members = new Set<ApiProcess>();
  /** All live processes, including the replaced ones that have not exited yet. */
  const running = new Set<ApiProcess>();
  const serving = new Set<ApiProcess>();
  let startFailures = 0;
  let deaths = 0;
  let renewing = false;

  const startWatchdog = (member: ApiProcess, ended: AbortSignal) =>
    runWatchdog(member, {
      log,
      until: AbortSignal.any([ended, stopping]),
      // Kills one process at a time, and the next only when the replacement serves: a slow process is better
      // than none.
      mayKill: () => serving.size >= size,
      onKill: (why) => {
        serving.delete(member);
        onKill(why);
      },
      everyMs: options.queryEveryMs,
    });

  const add = (): ApiProcess => {
    const startedAt = performance.now();
    const member = fork();
    members.add(member);
    running.add(member);
    const ended = new AbortController();
    void member.serving.then((ports) => {
      if (!ports || ended.signal.aborted) return;
      serving.add(member);
      startFailures = 0;
      return startWatchdog(member, ended.signal);
    });
    void member.exited.then((how) => {
      ended.abort();
      running.delete(member);
      serving.delete(member);
      if (!members.delete(member) || stopping.aborted || !started) return;
      const opened = member.hasOpened();
      onDeath({ opened });
      deaths = performance.now() - startedAt > PROVEN_AFTER_MS ? 1 : deaths + 1;
      startFailures = opened ? 0 : startFailures + 1;
      const longest = opened ? LONGEST_PAUSE_AFTER_SERVING_MS : LONGEST_PAUSE_MS;
      const pauseMs = Math.round(backoff(deaths - 1, options.firstPauseMs ?? 100, longest));
      log.error({ pid: member.pid, how, opened, deaths, pause_ms: pauseMs }, 'a process has died');
      return replace(pauseMs);
    });
    return member;
  };

  const replace = async (pauseMs: number) => {
    if (startFailures >= MAX_START_FAILURES && serving.size === 0) {
      const what = `${startFailures} processes in a row have died before they opened a port and none serves`;
      return onPermanentFailure(new Error(`${what}; see what they logged`));
    }
    await pause(pauseMs, stopping);
    if (members.size < size && !stopping.aborted) add();
  };

  let started = false;
  return {
    members,
    async start() {
      const first = Array.from({ length: size }, add);
      const ends = first.map(async (member) => {
        if (await member.serving) return member;
        throw new Error(`a process has ended before it served (${await member.exited}); see what it logged`);
      });
      const [one] = await Promise.all(ends);
      if (!one) throw new Error('a pool has at least one process');
      started = true;
      return one;
    },
    async renew() {
      if (renewing || !started) return log.warn('the processes are already being started or replaced');
      renewing = true;
      try {
        for (const old of [...members]) {
          if (stopping.aborted) return;
          const next = add();
          if (!(await within(SERVES_WITHIN_MS, next.serving))) {
            log.error({ pid: next.pid }, 'a new process does not serve; the old processes keep running');
            members.delete(next);
            return next.kill();
          }
          if (!members.delete(old) || stopping.aborted) continue;
          old.stop();
          await old.exited;
          log.info({ pid: old.pid, by: next.pid }, 'process replaced');
        }
      } finally {
        renewing = false;
      }
    },
    stop: (withinMs) => stopInTurn([...running], withinMs),
  };
}
