import type { Subject } from './subject.ts';

/** Records the requests that followed the last uninstall, before the next installation. */
export function closeRequests({ far, uninstalls }: Pick<Subject, 'far' | 'uninstalls'>): void {
  const last = uninstalls.at(-1);
  if (!last) return;
  const { uninstalled, afterUninstallMs } = far.stats();
  last.requests = uninstalled - last.before;
  if (last.requests > 0 && afterUninstallMs) last.lastMs = last.atMs + afterUninstallMs.last;
}
