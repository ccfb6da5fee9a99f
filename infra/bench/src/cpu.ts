import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

/** What /proc/<pid>/stat says of one process. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** Of its threads. */
  ownCpuSeconds: number;
  /** Of children that have ended. */
  endedCpuSeconds: number;
}

/** The second field, the name, is in parentheses and may hold anything. */
export function parseStat(line: string): ProcessStat {
  const rest = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const seconds = (user: number) => (Number(rest[user]) + Number(rest[user + 1])) / TICKS_PER_SECOND;
  return {
    pid: Number.parseInt(line, 10),
    parent: Number(rest[1]),
    ownCpuSeconds: seconds(11),
    endedCpuSeconds: seconds(13),
  };
}

/** The CPU seconds so far of these processes and all that descend or descended from them. */
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
  return all
    .filter(({ pid }) => wanted.has(pid))
    .reduce((sum, each) => sum + each.ownCpuSeconds + each.endedCpuSeconds, 0);
}

/** CPU seconds of the whole machine. */
export interface MachineCpu {
  all: number;
  /** That other tenants took. */
  stolen: number;
  /** That processes of this machine took; without interrupts, which belong to nobody. */
  used: number;
}

/** @param text /proc/stat; its first line is user nice system idle iowait irq softirq steal guest guest_nice */
export function parseMachine(text: string): MachineCpu {
  const ticks = (text.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const seconds = (...columns: number[]) =>
    columns.reduce((sum, n) => sum + (ticks[n] ?? 0), 0) / TICKS_PER_SECOND;
  return { all: seconds(0, 1, 2, 3, 4, 5, 6, 7), stolen: seconds(7), used: seconds(0, 1, 2) };
}

/** What of the machine is whose, at one moment. */
export interface Moment {
  machine: MachineCpu;
  /** CPU seconds of this process and all that it started. */
  ours: number;
}

export const now = (): Moment => ({
  machine: parseMachine(readFileSync('/proc/stat', 'utf8')),
  ours: cpuSecondsOf([process.pid]),
});

/** Shares of the machine in between, 0-1. */
export interface Disturbance {
  /** What other tenants of the hardware took. */
  steal: number;
  /** What processes took that are not the benchmark's. */
  others: number;
}

export function disturbance(from: Moment, to: Moment): Disturbance {
  const all = to.machine.all - from.machine.all;
  if (all <= 0) return { steal: 0, others: 0 };
  const others = to.machine.used - from.machine.used - (to.ours - from.ours);
  return { steal: (to.machine.stolen - from.machine.stolen) / all, others: Math.max(0, others / all) };
}
