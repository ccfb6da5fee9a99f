import { bar } from './bar.ts';
import type { Terminal } from './command.ts';

/** Without a terminal a line cannot be overwritten: one line in this interval is enough. */
const LINE_EVERY_MS = 5_000;

/** Returns a function that shows the progress of a command: a bar on a terminal, plain lines elsewhere. */
export function showProgress(terminal: Terminal): (done: number, all: number, said: string) => void {
  let saidAt = -Infinity;
  return (done, all, said) => {
    if (terminal.interactive) return terminal.progress(`${bar(done, all)} ${said}`);
    if (performance.now() - saidAt < LINE_EVERY_MS) return;
    saidAt = performance.now();
    terminal.note(said);
  };
}
