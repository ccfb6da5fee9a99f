import type { Terminal } from './command.ts';

export const DRY_RUN_NOTICE = 'dry run: nothing was done; --yes does it';

/**
 * Decides whether to act: with --yes, or when an operator at the terminal has seen the preview and confirms.
 * With --json the command never asks.
 */
export async function confirmAction(
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
