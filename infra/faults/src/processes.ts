import type { Stack } from '@core/stack';
import type { Child } from '@core/testing';

/** SIGKILL to all of them ends it. */
export interface Processes extends AsyncDisposable {
  /**
   * Starts one, and does not wait until it is ready: after a kill a worker's consumer joins only when the broker has
   * given the dead one up, while its relay works at once.
   */
  start(): Promise<Child>;
  all(): Child[];
  /** SIGKILL to all of them. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Processes of an app, from source, as a test of theirs would start them. */
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
