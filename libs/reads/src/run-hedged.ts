import type { Hedging } from './hedge.ts';

/**
 * Runs `first`, and concurrently `second` when the first is late and the budget allows. The first successful
 * answer wins; the result of the other one is ignored.
 * @throws the error of `first` when both fail
 */
export async function runHedged<T>(
  hedging: Hedging,
  first: () => Promise<T>,
  second: () => Promise<T>,
): Promise<T> {
  const begin = performance.now();
  const answer = first();
  try {
    if ((await settlesWithin(answer, hedging.after)) || !hedging.take()) return await answer;
    return await Promise.any([answer, second()]);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[0] : error;
  } finally {
    hedging.observe(performance.now() - begin);
  }
}

/** Returns whether the promise settles within `ms`; never throws. */
async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    if (ms !== Infinity) timer = setTimeout(() => resolve(false), ms);
  });
  const settled = promise.then(
    () => true as const,
    () => true as const,
  );
  const inTime = await Promise.race([settled, late]);
  clearTimeout(timer);
  return inTime;
}
