import { createBucket, PLANS } from './throttle.ts';

describe('createBucket', () => {
  it.each(Object.entries(PLANS))('starts full and restores at the rate of plan %s', (_, limits) => {
    let now = 1_000;
    const bucket = createBucket(limits, () => now);
    expect(bucket.status()).toEqual({ ...limits, currentlyAvailable: limits.maximumAvailable });
    expect(bucket.take(limits.maximumAvailable)).toBe(true);
    expect(bucket.status().currentlyAvailable).toBe(0);
    now += 500;
    expect(bucket.status().currentlyAvailable).toBe(limits.restoreRate / 2);
  });

  it('deducts nothing when the requested cost does not fit', () => {
    let now = 0;
    const bucket = createBucket({ maximumAvailable: 20, restoreRate: 10 }, () => now);
    expect(bucket.take(13)).toBe(true);
    expect(bucket.take(13)).toBe(false);
    expect(bucket.status().currentlyAvailable).toBe(7);
    now += 600;
    expect(bucket.take(13)).toBe(true);
  });

  it('refunds points, up to its size', () => {
    const bucket = createBucket({ maximumAvailable: 20, restoreRate: 10 }, () => 0);
    bucket.take(13);
    bucket.refund(10);
    expect(bucket.status().currentlyAvailable).toBe(17);
    bucket.refund(100);
    expect(bucket.status().currentlyAvailable).toBe(20);
  });

  it('does not run backwards with the clock', () => {
    let now = 10_000;
    const bucket = createBucket({ maximumAvailable: 20, restoreRate: 10 }, () => now);
    bucket.take(10);
    now = 0;
    expect(bucket.status().currentlyAvailable).toBe(10);
  });
});
