import { createInterface } from 'node:readline/promises';
import type { Terminal } from './command.ts';

/**
 * Creates a terminal on the standard streams of a process. Their reader may close them first, as `head` does:
 * the remaining output is dropped.
 * @param onClosed called when the reader of stdout has closed it; a running command then stops as on Ctrl-C
 */
export function processTerminal({ stdin, stdout, stderr }: typeof process, onClosed: () => void): Terminal {
  stdout.on('error', unlessClosed(onClosed));
  // A command continues when stderr is closed: its result goes to stdout.
  stderr.on(
    'error',
    unlessClosed(() => undefined),
  );
  let drawn = false;
  const wipe = () => {
    if (drawn) stderr.write('\r\u001b[K');
    drawn = false;
  };
  return {
    interactive: stdin.isTTY && stderr.isTTY,
    print: (line) => {
      wipe();
      stdout.write(`${line}\n`);
    },
    note: (line) => {
      wipe();
      stderr.write(`${line}\n`);
    },
    progress: (line) => {
      wipe();
      stderr.write(line);
      drawn = true;
    },
    confirm: async (question) => {
      const ask = createInterface({ input: stdin, output: stderr });
      // Ctrl-C and the end of input mean no.
      const closed = new Promise<string>((resolve) => ask.once('close', () => resolve('')));
      const answer = await Promise.race([ask.question(`${question} [y/N] `), closed]);
      ask.close();
      return /^y(es)?$/i.test(answer.trim());
    },
  };
}

const unlessClosed = (onClosed: () => void) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  onClosed();
};
