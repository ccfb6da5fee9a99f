import type { Stack } from '@core/stack';
import type { Child } from '@core/testing';

/** Processes of one app. Disposing sends SIGKILL to all of them. */
export interface Processes extends AsyncDisposable {
  /**
   * Starts a process without waiting until it is ready. After a kill, a worker's consumer joins only when the
   * broker has removed the dead member, while its relay works at once.
   */
  start(): Promise<Child>;
  all(): Child[];
  /** Sends SIGKILL to all of them. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Manages processes of an app, which run from source, as in the app's own tests. */
export function createProcesses(
  app: 'worker' | 'importer',
  { stack, environment }: { stack: Stack; environment: Record<string, string> },
): Processes {
  const running = new Set<Child>();
  let count = 0;
  const start = async () => {
    const { child } = await stack.launch(app, { name: `${app}-${++count}`, env: environment });
    running.add(child);
    void child.exited.then(() => running.delete(child));
    return child;
  };
  const each = (end: (child: Child) => Promise<void>) => async () => {
    await Promise.all([...running].map(end));
  };
  const kill = each((child) => child.kill());
  return {
    start,
    all: () => [...running],
    kill,
    stop: each((child) => child.stop()),
    [Symbol.asyncDispose]: kill,
  };
}
