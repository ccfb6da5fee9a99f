import { readFileSync, rmSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/**
 * Stops a process that an earlier run left running, so that two processes never share a data folder. That
 * happens when the run and its watchdog are killed at the same time. The pid may have been reused since: only
 * a process whose command line contains `mark` (the data folder) is stopped. Requires /proc; without it
 * nothing is stopped.
 */
export async function stopLeftover(pidFile: string, mark: string): Promise<void> {
  const pid = Number.parseInt(readOrEmpty(pidFile), 10);
  const isOurs = () => readOrEmpty(`/proc/${pid}/cmdline`).includes(mark);
  if (pid > 1 && isOurs()) {
    process.kill(pid, 'SIGINT');
    try {
      await waitUntil(() => !isOurs(), { what: 'a process of the previous run to stop', limitMs: 20_000 });
    } catch {
      if (isOurs()) process.kill(pid, 'SIGKILL');
      await waitUntil(() => !isOurs(), { what: 'a killed process of the previous run to end' });
    }
  }
  rmSync(pidFile, { force: true });
}

const readOrEmpty = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
