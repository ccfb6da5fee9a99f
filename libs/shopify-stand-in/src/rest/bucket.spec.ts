import { createRestBucket, REST_PLANS } from './bucket.ts';

describe('createRestBucket', () => {
  it.each(Object.entries(REST_PLANS))('has the capacity and leak rate of plan %s', (_, limits) => {
    let now = 0;
    const bucket = createRestBucket(limits, () => now);
    for (let i = 0; i < limits.bucket; i++) expect(bucket.take()).toBe(true);
    expect(bucket.take()).toBe(false);
    expect(bucket.header()).toBe(`${limits.bucket}/${limits.bucket}`);
    now += 1_000;
    for (let i = 0; i < limits.perSecond; i++) expect(bucket.take()).toBe(true);
    expect(bucket.take()).toBe(false);
  });

  it('rounds a part of a request up to one, and never leaks below zero', () => {
    let now = 0;
    const bucket = createRestBucket({ bucket: 40, perSecond: 2 }, () => now);
    bucket.take();
    bucket.take();
    now += 300;
    expect(bucket.header()).toBe('2/40');
    now += 60_000;
    expect(bucket.header()).toBe('0/40');
    bucket.take();
    now = 0; // the clock is set back
    expect(bucket.header()).toBe('1/40');
  });

  it('keeps its contents when it shrinks', () => {
    let now = 0;
    const bucket = createRestBucket({ bucket: 40, perSecond: 2 }, () => now);
    for (let i = 0; i < 10; i++) bucket.take();
    bucket.resize({ bucket: 4, perSecond: 1 });
    expect([bucket.header(), bucket.take()]).toEqual(['4/4', false]);
    now += 7_000;
    expect([bucket.take(), bucket.take()]).toEqual([true, false]);
  });
});
