import { createInterface } from 'node:readline/promises';
import type { Terminal } from './command.ts';

/**
 * A process's own standard streams. Whoever reads them may go first, as `head` does: then nothing is left to be said.
 * @param gone called when nobody reads the result any more; a command that is under way ends as it does by Ctrl-C
 */
export function processTerminal({ stdin, stdout, stderr }: typeof process, gone: () => void): Terminal {
  stdout.on('error', unlessGone(gone));
  // A command goes on without a reader of its notes: its result is on the other stream.
  stderr.on(
    'error',
    unlessGone(() => undefined),
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

const unlessGone = (gone: () => void) => (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  gone();
};
