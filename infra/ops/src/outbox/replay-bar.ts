import { bar } from '../cli/bar.ts';
import type { Terminal } from '../cli/command.ts';
import type { ReplayProgress } from './drive-replay.ts';

/** Where a line cannot be drawn over, one now and then is enough. */
const LINE_EVERY_MS = 5_000;

/** Shows how far a replay is: a bar on a terminal, plain lines elsewhere. */
export function replayBar(
  terminal: Terminal,
  total: number,
): (progress: Readonly<ReplayProgress>, waiting: boolean) => void {
  let saidAt = 0;
  return ({ appended }, waiting) => {
    const said = `${appended} of ${total} events${waiting ? ', waiting for the relay' : ''}`;
    if (terminal.interactive) {
      terminal.progress(`${bar(appended, total)} ${said}`);
    } else if (performance.now() - saidAt > LINE_EVERY_MS) {
      saidAt = performance.now();
      terminal.note(said);
    }
  };
}
