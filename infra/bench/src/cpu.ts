import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

/** What /proc/<pid>/stat says of one process. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** Of its threads, and of children that have ended. */
  cpuSeconds: number;
}

/** The second field, the name, is in parentheses and may hold anything. */
export function parseStat(line: string): ProcessStat {
  const rest = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const ticks = [11, 12, 13, 14].map((n) => Number(rest[n]));
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(rest[1]),
    cpuSeconds: ticks.reduce((sum, each) => sum + each, 0) / TICKS_PER_SECOND,
  };
}

/** The CPU seconds so far of these processes and all that descend from them. */
export function cpuSecondsOf(roots: readonly number[]): number {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))];
      } catch {
        return []; // it has ended meanwhile
      }
    });
  const wanted = new Set(roots);
  for (let before = 0; before !== wanted.size;) {
    before = wanted.size;
    for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid);
  }
  return all.filter(({ pid }) => wanted.has(pid)).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
}

/** Ticks of the whole machine: all, and those that other tenants took. */
export interface MachineTicks {
  all: number;
  stolen: number;
}

/** @param text /proc/stat; its first line is user nice system idle iowait irq softirq steal guest guest_nice */
export function parseMachine(text: string): MachineTicks {
  const ticks = (text.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: ticks.reduce((sum, each) => sum + each, 0), stolen: ticks[7] ?? 0 };
}

export const machineNow = (): MachineTicks => parseMachine(readFileSync('/proc/stat', 'utf8'));

/** Share of the machine's time that others took in between, 0-1. */
export const stealBetween = (from: MachineTicks, to: MachineTicks): number =>
  to.all === from.all ? 0 : (to.stolen - from.stolen) / (to.all - from.all);
