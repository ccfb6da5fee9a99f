import { inTransaction, type Pool } from '@core/db';
import { getImport, hasEnded, watchImport, type ImportRef, type ImportRun, type Pace } from '@core/domain';
import { bar } from '../cli/bar.ts';
import type { Report, Terminal } from '../cli/command.ts';
import { watchWith } from './options.ts';
import { importJson, progressLine, showLines } from './present.ts';

/** Where a line cannot be drawn over, one now and then is enough while only the counters grow. */
const LINE_EVERY_MS = 5_000;
const COMPLETE: readonly string[] = ['completed', 'completed_with_errors'];

/**
 * Shows an import until it has ended; the signal ends the watch alone.
 * @returns the import at its end; failed unless it is complete
 */
export async function watchToEnd(
  pool: Pool,
  ref: ImportRef,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Report> {
  const show = showProgress(terminal);
  const read = () => inTransaction(pool, (tx) => getImport(tx, ref));
  for await (const { run, pace } of watchImport(read, signal)) {
    if (hasEnded(run)) {
      return {
        json: importJson(run, pace),
        lines: showLines(run, pace),
        failed: !COMPLETE.includes(run.status),
      };
    }
    show(run, pace);
  }
  return {
    json: { ...importJson(await read()), go_on_with: watchWith(ref) },
    lines: [`stopped watching; import ${ref.importId} goes on`, `watch it again with: ${watchWith(ref)}`],
    failed: true,
  };
}

function showProgress(terminal: Terminal): (run: ImportRun, pace: Pace) => void {
  let said = '';
  let saidAt = -Infinity;
  return (run, pace) => {
    const line = progressLine(run, pace);
    if (terminal.interactive) return terminal.progress(`${bar(run.read, run.expected ?? Infinity)} ${line}`);
    const news = `${run.status} ${run.waitingReason}`;
    if (news === said && performance.now() - saidAt < LINE_EVERY_MS) return;
    said = news;
    saidAt = performance.now();
    terminal.note(line);
  };
}
