import { readdirSync, readFileSync } from 'node:fs';

/** Linux reports CPU time in hundredths of a second, whatever the kernel's timer frequency. */
const TICKS_PER_SECOND = 100;

/** Fields of /proc/<pid>/stat. */
export interface ProcessStat {
  pid: number;
  parent: number;
  /** CPU time of its threads. */
  ownCpuSeconds: number;
  /** CPU time of children that have ended. */
  endedCpuSeconds: number;
}

/** Parses /proc/<pid>/stat. The second field, the name in parentheses, may contain any character. */
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

/** Returns all processes of this machine. */
export const allProcesses = (): ProcessStat[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readStat(pid)];
      } catch {
        return []; // it has ended since the listing
      }
    });

/** CPU seconds of the whole machine. */
export interface MachineCpu {
  all: number;
  /** CPU time used by other tenants of the hardware (steal). */
  stolen: number;
  /** CPU time used by the processes of this machine, without interrupts, which belong to no process. */
  used: number;
}

/**
 * Parses /proc/stat.
 * @param text its first line is user nice system idle iowait irq softirq steal guest guest_nice
 */
export function parseMachine(text: string): MachineCpu {
  const ticks = (text.split('\n')[0] ?? '').trim().split(/\s+/).slice(1, 9).map(Number);
  const seconds = (...columns: number[]) =>
    columns.reduce((sum, n) => sum + (ticks[n] ?? 0), 0) / TICKS_PER_SECOND;
  return { all: seconds(0, 1, 2, 3, 4, 5, 6, 7), stolen: seconds(7), used: seconds(0, 1, 2) };
}

export const machineNow = (): MachineCpu => parseMachine(readFileSync('/proc/stat', 'utf8'));

/** Returns the share of the machine, 0-1, that other tenants of the hardware used between two readings. */
export const stealBetween = (from: MachineCpu, to: MachineCpu): number =>
  to.all > from.all ? (to.stolen - from.stolen) / (to.all - from.all) : 0;
