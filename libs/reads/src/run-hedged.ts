import type { Hedging } from './hedge.ts';

/**
 * Runs `first`, and `second` beside it when the first is late and the budget allows. The first good answer
 * wins; the other one runs to its end unheard.
 * @throws the first one's error when neither answers
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

/** Whether it settles before `ms` are over; never throws. */
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
