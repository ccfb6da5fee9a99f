import { readFileSync } from 'node:fs';

/** The state of a process's main thread at one moment, as the kernel reports it. */
export interface MainThread {
  /** CPU time since its start, in kernel ticks. */
  ticks: number;
  /** The thread runs, or waits only for a CPU. */
  runnable: boolean;
}

/**
 * Reads the main thread only: the threads of the garbage collector and the thread pool keep working while it
 * hangs.
 * @returns undefined when the process has exited, and on a system without /proc
 */
export function readMainThread(pid: number | undefined): MainThread | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
    // The second field is the name in brackets, and the name itself may contain brackets and spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return { ticks: Number(fields[11]) + Number(fields[12]), runnable: state === 'R' };
  } catch {
    return undefined;
  }
}

/** Returns whether the thread used CPU, or was ready to, between two samples. */
export const wasBusy = (before: MainThread | undefined, after: MainThread | undefined): boolean =>
  after !== undefined && (after.runnable || (before !== undefined && after.ticks > before.ticks));
