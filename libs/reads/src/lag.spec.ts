import { createPrimaryTrail } from './lag.ts';

const trail = (...samples: [lsn: number, at: number][]) => {
  const made = createPrimaryTrail();
  for (const [lsn, at] of samples) made.add(BigInt(lsn), at);
  return made;
};

it.each([
  ['has all samples', 300, 0, 0],
  ['lacks the newest sample', 250, 200, 50],
  ['lacks all samples except the first', 100, 400, 200],
  ['has no sample', 99, Infinity, 201],
  ['is ahead of the last check', 301, 0, 0],
])('a replica that %s', (_, lsn, lag, distance) => {
  const primary = trail([100, 1_000], [200, 1_200], [300, 1_400]);
  expect(primary.lagOf(BigInt(lsn))).toBe(lag);
  expect(primary.distanceOf(BigInt(lsn))).toBe(distance);
});

it('reports no lag while the primary is idle or its position is unknown', () => {
  expect(trail([100, 0], [100, 5_000], [100, 9_000]).lagOf(100n)).toBe(0);
  expect(trail().lagOf(0n)).toBe(0);
  expect(trail().distanceOf(7n)).toBe(0);
});

it('forgets samples older than ten seconds, except the two that it needs', () => {
  const primary = trail([100, 0], [200, 1_000], [300, 20_000], [400, 20_100]);
  expect(primary.lagOf(150n)).toBe(Infinity);
  expect(primary.lagOf(300n)).toBe(100);
});
