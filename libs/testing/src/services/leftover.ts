import { readFileSync, rmSync } from 'node:fs';
import { waitUntil } from './wait-until.ts';

/**
 * Stops the process that an earlier run left behind (we and its watchdog killed at once), so that two never
 * share a data folder. The pid may be someone else's by now: only a process whose command line holds `mark`
 * (the data folder) is touched. Needs /proc; without it nothing is stopped.
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
      await waitUntil(() => !isOurs(), { what: 'a killed process of the previous run to go' });
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
