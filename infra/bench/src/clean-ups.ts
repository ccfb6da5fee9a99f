export interface CleanUps {
  add(cleanUp: () => Promise<unknown> | unknown): void;
  /** Runs those added so far, last in, first out, each once. After an interrupt it may be asked again. */
  run(): Promise<void>;
}

/**
 * Ctrl-C comes in the middle of starting something: what runs then is stopped at once, so that whoever waits
 * for it fails, and what had just been starting is stopped by the second run, at the end of the suite.
 */
export function createCleanUps(): CleanUps {
  const waiting: (() => Promise<unknown> | unknown)[] = [];
  let last = Promise.resolve();
  const runAll = async () => {
    for (let next = waiting.pop(); next; next = waiting.pop()) await next();
  };
  return {
    add: (cleanUp) => void waiting.push(cleanUp),
    run: () => (last = last.then(runAll)),
  };
}
