import { bar } from './bar.ts';
import type { Terminal } from './command.ts';

/** Without a terminal a line cannot be overwritten: one line in this interval is enough. */
const LINE_EVERY_MS = 5_000;

/** Returns a function that shows the progress of a command: a bar on a terminal, plain lines elsewhere. */
export function showProgress(terminal: Terminal): (done: number, all: number, status: string) => void {
  let printedAt = -Infinity;
  return (done, all, status) => {
    if (terminal.interactive) return terminal.progress(`${bar(done, all)} ${status}`);
    if (performance.now() - printedAt < LINE_EVERY_MS) return;
    printedAt = performance.now();
    terminal.note(status);
  };
}
