import type { Page } from 'playwright-core';

/** Returns a function that collects the garbage of the page, and returns the bytes that its scripts hold. */
export async function heapOf(page: Page): Promise<() => Promise<number>> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  return async () => {
    // Twice: what the first collection finalizes, the second one frees.
    for (let n = 0; n < 2; n++) await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
}
