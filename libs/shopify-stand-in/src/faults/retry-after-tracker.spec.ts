import { createRetryAfterTracker } from './retry-after-tracker.ts';

describe('createRetryAfterTracker', () => {
  let now = 0;
  const at = (ms: number) => (now = ms);
  const asked = (...times: number[]) => {
    now = 0;
    const patience = createRetryAfterTracker(() => now);
    for (const ms of times) {
      at(ms);
      patience.ask(2_000);
    }
    return patience;
  };

  it.each([
    [-1, false],
    [0, false],
    [999, false], // may have been in flight already
    [1_000, true],
    [1_900, true],
    [1_950, false], // timers fire slightly early
    [5_000, false],
  ])('a request %i ms after one 429 is a breach: %s', (ms, breach) => {
    expect(asked(0).ignoredBy(ms)).toBe(breach);
  });

  it('starts a grace period at each 429: a second wave of concurrent requests is no breach', () => {
    const patience = asked(0, 100, 2_105);
    for (const ms of [2_110, 3_000]) expect(patience.ignoredBy(ms)).toBe(false);
    expect(patience.ignoredBy(3_200)).toBe(true);
  });

  it('requires no wait at first', () => expect(asked().ignoredBy(10)).toBe(false));
});
