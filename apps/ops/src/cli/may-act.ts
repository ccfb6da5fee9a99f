import type { Terminal } from './command.ts';

export const NOTHING_DONE = 'dry run: nothing was done; --yes does it';

/**
 * Whether to act: --yes, or a person at the terminal who has seen what would be done and agrees. A script that
 * wants JSON is never asked.
 */
export async function mayAct(
  values: { yes: boolean; json?: boolean },
  terminal: Terminal,
  preview: readonly string[],
  question: string,
): Promise<boolean> {
  if (values.yes) return true;
  if (!terminal.interactive || values.json) return false;
  preview.forEach((line) => terminal.note(line));
  return terminal.confirm(question);
}
