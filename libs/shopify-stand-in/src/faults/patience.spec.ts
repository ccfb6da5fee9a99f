import { createPatience } from './patience.ts';

describe('createPatience', () => {
  let now = 0;
  const at = (ms: number) => (now = ms);
  const asked = (...times: number[]) => {
    now = 0;
    const patience = createPatience(() => now);
    for (const ms of times) {
      at(ms);
      patience.ask(2_000);
    }
    return patience;
  };

  it.each([
    [-1, false],
    [0, false],
    [999, false], // perhaps under way already
    [1_000, true],
    [1_900, true],
    [1_950, false], // timers fire a little early
    [5_000, false],
  ])('a request %i ms after one 429 is a breach: %s', (ms, breach) => {
    expect(asked(0).ignoredBy(ms)).toBe(breach);
  });

  it('gives each 429 its own grace: a second wave that was let go together is no breach', () => {
    const patience = asked(0, 100, 2_105);
    for (const ms of [2_110, 3_000]) expect(patience.ignoredBy(ms)).toBe(false);
    expect(patience.ignoredBy(3_200)).toBe(true);
  });

  it('asks nothing of anybody at first', () => expect(asked().ignoredBy(10)).toBe(false));
});
