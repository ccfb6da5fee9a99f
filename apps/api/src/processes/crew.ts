import { backoff, pause, within, type Logger } from '@core/runtime';
import type { ApiProcess } from './fork-process.ts';
import { killWhenSilent } from './kill-when-silent.ts';
import { stopInTurn } from './stop-in-turn.ts';

/** One that served for so long did not die of its start. */
const PROVEN_AFTER_MS = 60_000;
/** So many deaths in a row, none of them proven, and nobody left who serves: more of the same will not help. */
const MOST_FAILURES = 5;
const LONGEST_PAUSE_MS = 10_000;
/** For a new process to serve, while the old one goes on: connecting and checking the schema take a second. */
const SERVES_WITHIN_MS = 60_000;

export interface Crew {
  /** Those that are meant to serve; while one is replaced, both. */
  readonly members: ReadonlySet<ApiProcess>;
  /** Resolves with the first one when all serve. @throws Error when one ends before that */
  start(): Promise<ApiProcess>;
  /** Replaces one after the other; the old one is stopped when the new one serves. */
  renew(): Promise<void>;
  stop(withinMs: number): Promise<void>;
}

export interface CrewOptions {
  size: number;
  fork: () => ApiProcess;
  log: Logger;
  /** Aborted when the crew is to end. */
  stopping: AbortSignal;
  onDeath: () => void;
}

/** Keeps `size` processes running: one that dies is replaced, after a pause that grows when that goes on. */
export function createCrew({ size, fork, log, stopping, onDeath }: CrewOptions): Crew {
  const members = new Set<ApiProcess>();
  /** The retired ones, too, until they have gone. */
  const running = new Set<ApiProcess>();
  const serving = new Set<ApiProcess>();
  let failures = 0;
  let renewing = false;

  const add = (): ApiProcess => {
    const born = Date.now();
    const member = fork();
    members.add(member);
    running.add(member);
    const over = new AbortController();
    void member.serving.then((ports) => {
      if (!ports || over.signal.aborted) return;
      serving.add(member);
      return killWhenSilent(member, { log, until: AbortSignal.any([over.signal, stopping]) });
    });
    void member.exited.then((how) => {
      over.abort();
      running.delete(member);
      serving.delete(member);
      if (!members.delete(member) || stopping.aborted || !started) return;
      onDeath();
      failures = Date.now() - born > PROVEN_AFTER_MS ? 1 : failures + 1;
      log.error({ pid: member.pid, how, failures }, 'a process has died');
      return replace();
    });
    return member;
  };

  /** @throws Error, unhandled and therefore the app's end, when starting again and again leads nowhere */
  const replace = async () => {
    if (failures >= MOST_FAILURES && serving.size === 0) {
      throw new Error(`${failures} processes in a row have died and none serves; see what they logged`);
    }
    await pause(backoff(failures - 1, 100, LONGEST_PAUSE_MS), stopping);
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
      if (!one) throw new Error('a crew has at least one process');
      started = true;
      return one;
    },
    async renew() {
      if (renewing || !started) return log.warn('the processes are being started already');
      renewing = true;
      try {
        for (const old of [...members]) {
          if (stopping.aborted) return;
          const next = add();
          if (!(await within(SERVES_WITHIN_MS, next.serving))) {
            log.error({ pid: next.pid }, 'a new process does not serve; the old ones go on');
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
