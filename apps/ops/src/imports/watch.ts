import { inTransaction, type Pool } from '@core/db';
import { createWatchImport, getImport, hasEnded, type ImportRef } from '@core/domain';
import type { Report, Terminal } from '../cli/command.ts';
import { watchCommand } from './options.ts';
import { importJson, showLines } from './present.ts';
import { showImportProgress } from './show-import-progress.ts';

const COMPLETE: readonly string[] = ['completed', 'completed_with_errors'];

/**
 * Shows an import until it has ended; the signal stops only the watch.
 * @returns the import at its end; `failed` unless it is complete
 */
export async function watchToEnd(
  pool: Pool,
  ref: ImportRef,
  { terminal, signal }: { terminal: Terminal; signal: AbortSignal },
): Promise<Report> {
  const show = showImportProgress(terminal);
  const read = () => inTransaction(pool, (tx) => getImport(tx, ref), { merchantId: ref.merchantId });
  for await (const { run, pace } of createWatchImport(read)(ref, signal)) {
    if (!hasEnded(run)) show(run, pace);
  }
  const run = await read();
  if (hasEnded(run)) {
    return { json: importJson(run), lines: showLines(run), failed: !COMPLETE.includes(run.status) };
  }
  return {
    json: { ...importJson(run), continue_with: watchCommand(ref) },
    lines: [
      `stopped watching; import ${ref.importId} continues`,
      `watch it again with: ${watchCommand(ref)}`,
    ],
    failed: true,
  };
}
