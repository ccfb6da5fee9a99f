import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts in hundredths of a second, whatever its own clock does. */
const TICKS_PER_SECOND = 100;

/** The facts of /proc/<pid>/stat about one process. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** CPU time of its threads. */
  ownCpuSeconds: number;
  /** CPU time of children that have ended. */
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

/** @param pid a number, or `self` */
export const readStat = (pid: string): ProcessStat => parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));

/** All processes of this machine. */
export const allProcesses = (): ProcessStat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readStat(pid)];
      } catch {
        return []; // it has ended meanwhile
      }
    });

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

export const machineNow = (): MachineCpu => parseMachine(readFileSync('/proc/stat', 'utf8'));

/** Which share of the machine other tenants of the hardware took in between, 0-1. */
export const stealBetween = (from: MachineCpu, to: MachineCpu): number =>
  to.all > from.all ? (to.stolen - from.stolen) / (to.all - from.all) : 0;
