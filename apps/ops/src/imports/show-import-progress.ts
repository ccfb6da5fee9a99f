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
  let said = '';
  let saidAt = -Infinity;
  return (run, pace) => {
    const line = progressLine(run, pace);
    if (terminal.interactive) return terminal.progress(`${bar(run.read, run.expected ?? Infinity)} ${line}`);
    const news = `${run.status} ${run.waitingReason}`;
    if (news === said && now() - saidAt < LINE_EVERY_MS) return;
    said = news;
    saidAt = now();
    terminal.note(line);
  };
}
