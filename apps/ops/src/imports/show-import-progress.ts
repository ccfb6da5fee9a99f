import type { ImportRun, Pace } from '@core/domain';
import { bar } from '../cli/bar.ts';
import type { Terminal } from '../cli/command.ts';
import { progressLine } from './present.ts';

/**
 * Without a terminal a line cannot be overwritten: one in this interval is enough while only the counters
 * grow.
 */
const LINE_EVERY_MS = 5_000;

/**
 * Returns a function that draws a bar on a terminal; elsewhere it prints a new status at once, counters
 * rarely.
 */
export function showImportProgress(
  terminal: Terminal,
  now: () => number = () => performance.now(),
): (run: ImportRun, pace: Pace) => void {
  let printed = '';
  let printedAt = -Infinity;
  return (run, pace) => {
    const line = progressLine(run, pace);
    if (terminal.interactive) return terminal.progress(`${bar(run.read, run.expected ?? Infinity)} ${line}`);
    const status = `${run.status} ${run.waitingReason}`;
    if (status === printed && now() - printedAt < LINE_EVERY_MS) return;
    printed = status;
    printedAt = now();
    terminal.note(line);
  };
}
