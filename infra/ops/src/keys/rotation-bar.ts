import type { RotationProgress } from '@core/domain';
import { bar } from '../cli/bar.ts';
import type { Terminal } from '../cli/command.ts';
import { age } from '../cli/print.ts';

/** Where a line cannot be drawn over, one now and then is enough. */
const LINE_EVERY_MS = 5_000;

/** Shows how far a rotation is: a bar on a terminal, plain lines elsewhere. */
export function rotationBar(
  terminal: Terminal,
  total: number,
): (progress: Readonly<RotationProgress>) => void {
  let saidAt = -Infinity;
  return ({ rows, merchants, finished, waitingMs }) => {
    const waiting = waitingMs > 0 ? `, old keys are kept for another ${age(waitingMs / 1_000)}` : '';
    const said = `${rows} of ${total} emails, ${finished} of ${merchants} merchants finished${waiting}`;
    if (terminal.interactive) {
      terminal.progress(`${bar(rows, total)} ${said}`);
    } else if (performance.now() - saidAt > LINE_EVERY_MS) {
      saidAt = performance.now();
      terminal.note(said);
    }
  };
}
