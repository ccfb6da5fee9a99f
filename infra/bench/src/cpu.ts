import { allProcesses, machineNow, stealBetween, type MachineCpu } from '@core/testing';

/** Returns the CPU seconds used so far by these processes and all their descendants, including ended ones. */
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

/** CPU use of the machine and of the benchmark since their starts. */
export interface CpuSnapshot {
  machine: MachineCpu;
  /** CPU seconds of this process and its descendants. */
  ours: number;
}

export const cpuSnapshot = (): CpuSnapshot => ({ machine: machineNow(), ours: cpuSecondsOf([process.pid]) });

/** Shares of the machine between two snapshots, 0-1. */
export interface Disturbance {
  /** The share that other tenants of the hardware used. */
  steal: number;
  /** The share that processes outside the benchmark used. */
  others: number;
}

export function disturbance(from: CpuSnapshot, to: CpuSnapshot): Disturbance {
  const all = to.machine.all - from.machine.all;
  if (all <= 0) return { steal: 0, others: 0 };
  const others = to.machine.used - from.machine.used - (to.ours - from.ours);
  return { steal: stealBetween(from.machine, to.machine), others: Math.max(0, others / all) };
}
