import { launchApp, type Child } from '@core/testing';

export interface Processes {
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
  { dir, environment }: { dir: string; environment: Record<string, string> },
): Processes {
  const running = new Set<Child>();
  let count = 0;
  const start = async () => {
    const name = `${app}-${++count}`;
    const child = await launchApp({ app, dir, name, env: { ...environment, CORE_ADMIN_PORT: '0' } });
    running.add(child);
    void child.exited.then(() => running.delete(child));
    return child;
  };
  const each = (end: (child: Child) => Promise<void>) => async () => {
    await Promise.all([...running].map(end));
  };
  return {
    start,
    all: () => [...running],
    kill: each((child) => child.kill()),
    stop: each((child) => child.stop()),
  };
}
