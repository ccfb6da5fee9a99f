import type { ImportRun, Pace } from '@core/domain';
import { bar } from '../cli/bar.ts';
import type { Terminal } from '../cli/command.ts';
import { progressLine } from './present.ts';

/** Where a line cannot be drawn over, one now and then is enough while only the counters grow. */
const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; elsewhere what is new at once, and how far it is now and then. */
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
