import { createHedging } from './hedge.ts';

const observed = (times: number[]) => {
  const hedging = createHedging();
  for (const ms of times) hedging.observe(ms);
  return hedging;
};

it('waits for the 95th percentile of the observed times, and does not hedge before it has enough of them', () => {
  expect(createHedging().after).toBe(Infinity);
  expect(observed(Array.from({ length: 320 }, (_, n) => (n % 100) + 1)).after).toBeGreaterThanOrEqual(94);
  expect(observed(Array.from({ length: 320 }, (_, n) => (n % 100) + 1)).after).toBeLessThanOrEqual(97);
});

it('forgets old times', () => {
  const times = [...Array.from({ length: 300 }, () => 500), ...Array.from({ length: 256 }, () => 5)];
  expect(observed(times).after).toBe(5);
});

it('does not hedge below 2 ms', () => {
  expect(observed(Array.from({ length: 64 }, () => 0.2)).after).toBe(2);
});

it('permits a second query for at most one read in twenty, and accumulates up to ten', () => {
  const hedging = createHedging();
  const takes = () => Array.from({ length: 100 }, () => hedging.take()).filter(Boolean).length;
  expect(takes()).toBe(10);
  for (let n = 0; n < 100; n++) hedging.observe(1);
  expect(takes()).toBeGreaterThanOrEqual(4);
  expect(takes()).toBe(0);
});
