import { createRetryAfterTracker } from './retry-after-tracker.ts';

describe('createRetryAfterTracker', () => {
  let now = 0;
  const at = (ms: number) => (now = ms);
  const trackerAfter = (...times: number[]) => {
    now = 0;
    const tracker = createRetryAfterTracker(() => now);
    for (const ms of times) {
      at(ms);
      tracker.record(2_000);
    }
    return tracker;
  };

  it.each([
    [-1, false],
    [0, false],
    [999, false], // may have been in flight already
    [1_000, true],
    [1_900, true],
    [1_950, false], // timers fire slightly early
    [5_000, false],
  ])('a request %i ms after one 429 is a violation: %s', (ms, violation) => {
    expect(trackerAfter(0).isIgnoredBy(ms)).toBe(violation);
  });

  it('starts a grace period at each 429: a second wave of concurrent requests is no violation', () => {
    const tracker = trackerAfter(0, 100, 2_105);
    for (const ms of [2_110, 3_000]) expect(tracker.isIgnoredBy(ms)).toBe(false);
    expect(tracker.isIgnoredBy(3_200)).toBe(true);
  });

  it('requires no wait at first', () => expect(trackerAfter().isIgnoredBy(10)).toBe(false));
});
