import type { Logger } from './logger.ts';

export interface Shutdown {
  /** Aborted as soon as a stop is requested. */
  readonly signal: AbortSignal;
  /** Adds a clean-up; clean-ups run last in, first out. */
  add(name: string, cleanUp: () => Promise<unknown> | unknown): void;
  /** Runs every clean-up once, under one deadline. Resolves to the exit code. */
  run(): Promise<number>;
}

/**
 * Creates a shutdown: clean-ups run in reverse order under one deadline, below a kubelet's default of 30 s.
 */
export function createShutdown(log: Logger, deadlineMs = 25_000): Shutdown {
  const cleanUps: { name: string; cleanUp: () => Promise<unknown> | unknown }[] = [];
  const controller = new AbortController();
  let running: Promise<number> | undefined;

  const runAll = async (): Promise<number> => {
    controller.abort(new Error('stopping'));
    let code = 0;
    for (const { name, cleanUp } of cleanUps.reverse()) {
      try {
        await cleanUp();
      } catch (err) {
        code = 1;
        log.error({ err, step: name }, 'clean-up failed');
      }
    }
    return code;
  };

  return {
    signal: controller.signal,
    add: (name, cleanUp) => void cleanUps.push({ name, cleanUp }),
    run: () => (running ??= Promise.race([runAll(), timeout(deadlineMs, log)])),
  };
}

const timeout = (ms: number, log: Logger) =>
  new Promise<number>((resolve) => {
    setTimeout(() => {
      log.error({ deadline_ms: ms }, 'clean-up took too long; stopping anyway');
      resolve(1);
    }, ms).unref();
  });
