import type { RotationProgress } from '@core/domain';
import type { Terminal } from '../cli/command.ts';
import { age } from '../cli/print.ts';
import { showProgress } from '../cli/show-progress.ts';

/** Returns a function that shows the progress of a rotation. */
export function rotationBar(
  terminal: Terminal,
  total: number,
): (progress: Readonly<RotationProgress>) => void {
  const show = showProgress(terminal);
  return ({ rows, merchants, finished, waitingMs }) => {
    const waiting = waitingMs > 0 ? `, old keys are kept for another ${age(waitingMs / 1_000)}` : '';
    show(rows, total, `${rows} of ${total} emails, ${finished} of ${merchants} merchants finished${waiting}`);
  };
}
