import { allProcesses, machineNow, stealBetween, type MachineCpu } from '@core/testing';

/** The CPU seconds so far of these processes and all that descend or descended from them. */
export function cpuSecondsOf(roots: readonly number[]): number {
  const all = allProcesses();
  const wanted = new Set(roots);
  for (let before = 0; before !== wanted.size;) {
    before = wanted.size;
    for (const { pid, parent } of all) if (wanted.has(parent)) wanted.add(pid);
  }
  return all
    .filter(({ pid }) => wanted.has(pid))
    .reduce((sum, each) => sum + each.ownCpuSeconds + each.endedCpuSeconds, 0);
}

/** CPU use of the machine and of the benchmark, at one moment. */
export interface Moment {
  machine: MachineCpu;
  /** CPU seconds of this process and all that it started. */
  ours: number;
}

export const now = (): Moment => ({ machine: machineNow(), ours: cpuSecondsOf([process.pid]) });

/** Shares of the machine between two moments, 0-1. */
export interface Disturbance {
  /** The share of other tenants of the hardware. */
  steal: number;
  /** The share of processes that are not the benchmark's. */
  others: number;
}

export function disturbance(from: Moment, to: Moment): Disturbance {
  const all = to.machine.all - from.machine.all;
  if (all <= 0) return { steal: 0, others: 0 };
  const others = to.machine.used - from.machine.used - (to.ours - from.ours);
  return { steal: stealBetween(from.machine, to.machine), others: Math.max(0, others / all) };
}
