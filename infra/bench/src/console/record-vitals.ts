/// <reference lib="dom" />

/** Google's Core Web Vitals of one document: milliseconds, a score, milliseconds. */
export interface Vitals {
  lcp: number;
  /** The sum of all shifts; the score proper is the largest burst, so it is not above this. */
  cls: number;
  /** The slowest interaction. */
  inp: number;
}

declare global {
  interface Window {
    vitals: Vitals;
  }
}

/** Runs in a page, before its scripts. It observes only, so the policy of the page stays as it is. */
export function recordVitals(): void {
  const vitals: Vitals = { lcp: 0, cls: 0, inp: 0 };
  window.vitals = vitals;
  const observe = (options: PerformanceObserverInit, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({
      buffered: true,
      ...options,
    });
  observe({ type: 'largest-contentful-paint' }, ({ startTime }) => (vitals.lcp = startTime));
  observe({ type: 'layout-shift' }, (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean };
    if (!hadRecentInput) vitals.cls += value;
  });
  // The browser rounds durations to 8 ms, and reports none below 16.
  const slow: PerformanceObserverInit & { durationThreshold: number } = {
    type: 'event',
    durationThreshold: 16,
  };
  observe(slow, (entry) => {
    // Each event of an interaction has its number; other events have none.
    const { interactionId, duration } = entry as PerformanceEntry & { interactionId: number };
    if (interactionId > 0) vitals.inp = Math.max(vitals.inp, duration);
  });
}
