import { readFileSync } from 'node:fs';

/** A process's main thread at one moment, as the kernel sees it. */
export interface MainThread {
  /** CPU that it has used since it began, in the kernel's ticks. */
  ticks: number;
  /** It runs, or waits for nothing but a CPU. */
  runnable: boolean;
}

/**
 * Reads the main thread alone: the garbage collector's and the pool's threads work on while it hangs.
 * @returns undefined when the process has gone, and on a system without /proc
 */
export function readMainThread(pid: number | undefined): MainThread | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/stat`, 'latin1');
    // The second field is the name in brackets, and a name may hold brackets and spaces.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state] = fields;
    return { ticks: Number(fields[11]) + Number(fields[12]), runnable: state === 'R' };
  } catch {
    return undefined;
  }
}

/** Whether the thread has worked, or has wanted to, between two looks at it. */
export const wasBusy = (before: MainThread | undefined, after: MainThread | undefined): boolean =>
  after !== undefined && (after.runnable || (before !== undefined && after.ticks > before.ticks));
