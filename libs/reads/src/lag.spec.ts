import { createPrimaryTrail } from './lag.ts';

const trail = (...samples: [lsn: number, at: number][]) => {
  const made = createPrimaryTrail();
  for (const [lsn, at] of samples) made.add(BigInt(lsn), at);
  return made;
};

it.each([
  ['has all', 300, 0, 0],
  ['lacks the newest', 250, 200, 50],
  ['lacks all but the first', 100, 400, 200],
  ['has none', 99, Infinity, 201],
  ['is ahead of the last look', 301, 0, 0],
])('a replica that %s', (_, lsn, lag, distance) => {
  const primary = trail([100, 1_000], [200, 1_200], [300, 1_400]);
  expect(primary.lagOf(BigInt(lsn))).toBe(lag);
  expect(primary.distanceOf(BigInt(lsn))).toBe(distance);
});

it('sees no lag while the primary is idle, nor while nothing is known of it', () => {
  expect(trail([100, 0], [100, 5_000], [100, 9_000]).lagOf(100n)).toBe(0);
  expect(trail().lagOf(0n)).toBe(0);
  expect(trail().distanceOf(7n)).toBe(0);
});

it('forgets what is older than ten seconds, but for the two it needs', () => {
  const primary = trail([100, 0], [200, 1_000], [300, 20_000], [400, 20_100]);
  expect(primary.lagOf(150n)).toBe(Infinity);
  expect(primary.lagOf(300n)).toBe(100);
});
