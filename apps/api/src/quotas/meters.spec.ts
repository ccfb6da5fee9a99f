import { createMeters, isRefused, type Load, type Meter, type Refused } from './meters.ts';
import { UNLIMITED } from '../../test/unlimited.ts';
import type { Quota } from './quota.ts';

const read: Load = { cost: 'reads', kind: 'unary' };
const write: Load = { cost: 'writes', kind: 'unary' };
const stream: Load = { cost: 'reads', kind: 'stream' };

function openWorld(quota: Partial<Quota>) {
  let at = 1_000;
  const meters = createMeters({ ...UNLIMITED, ...quota }, () => at);
  const enter = (load: Load = read, key = 'a'): Meter | Refused => meters.enter(key, load);
  /** Returns how many of `tries` calls are admitted; each leaves at once. */
  const admitted = (tries: number, load = read, key = 'a') => {
    let count = 0;
    for (let n = 0; n < tries; n++) {
      const outcome = enter(load, key);
      if (isRefused(outcome)) continue;
      meters.leave(outcome, load);
      count++;
    }
    return count;
  };
  return { meters, enter, admitted, later: (ms: number) => void (at += ms) };
}

it('admits a burst of one second’s calls, and then calls at the rate', () => {
  const { admitted, later } = openWorld({ reads: 10 });
  expect(admitted(30)).toBe(10);
  later(250);
  expect(admitted(30)).toBe(2);
  later(50);
  expect(admitted(30)).toBe(1);
  later(60_000);
  expect(admitted(30)).toBe(10); // unused quota does not accumulate
});

it.each([1, 3, 7, 1_000, 20_000])('admits exactly %d calls a second, however they are spread', (rate) => {
  const { admitted, later } = openWorld({ reads: rate });
  let count = admitted(rate + 5);
  expect(count).toBe(rate);
  count = 0;
  for (let n = 0; n < 10_000; n++) {
    later(1);
    count += admitted(Math.ceil(rate / 500) + 1);
  }
  expect(count).toBeGreaterThanOrEqual(rate * 10 - 1);
  expect(count).toBeLessThanOrEqual(rate * 10 + 1);
});

it('returns the time until the next call is admitted', () => {
  const { enter, admitted, later } = openWorld({ reads: 2 });
  admitted(2);
  const refused = enter() as Refused;
  expect(refused).toEqual({ limit: 'reads', retryMs: 500 });
  later(499);
  expect(enter()).toMatchObject({ limit: 'reads' });
  later(1);
  expect(admitted(2)).toBe(1);
});

it('counts costs and holders separately', () => {
  const { admitted } = openWorld({ reads: 3, writes: 2 });
  expect([admitted(9), admitted(9, write), admitted(9, read, 'b')]).toEqual([3, 2, 3]);
});

it('does not count a refused call', () => {
  const { admitted, later } = openWorld({ reads: 10 });
  admitted(1_000);
  later(100);
  expect(admitted(1_000)).toBe(1);
});

it('limits concurrent calls, and streams separately', () => {
  const { meters, enter } = openWorld({ in_flight: 2, streams: 1 });
  const [one, two, watch] = [enter(), enter(), enter(stream)] as Meter[];
  expect(enter()).toEqual({ limit: 'in_flight', retryMs: 100 });
  expect(enter(stream)).toEqual({ limit: 'streams', retryMs: 5_000 });
  meters.leave(one!, read);
  expect(isRefused(enter())).toBe(false);
  meters.leave(watch!, stream);
  expect(isRefused(enter(stream))).toBe(false);
  expect(enter()).toMatchObject({ limit: 'in_flight' });
  expect(two).toBe(one);
});

it('charges a cost that is known only after the admission to the calls that follow', () => {
  const { meters, enter, admitted, later } = openWorld({ reads: 10 });
  const meter = enter() as Meter;
  meters.charge(meter, 'reads', 20);
  later(1_000);
  expect(admitted(9)).toBe(0);
  later(200);
  expect(admitted(9)).toBe(1);
});

it('keeps the slots of a forgotten holder until they are returned', () => {
  const { meters, enter } = openWorld({ in_flight: 1, reads: 1_000_000 });
  const held = enter(read, 'slow') as Meter;
  for (let n = 0; n < 10_001; n++) meters.leave(enter(read, `other ${n}`) as Meter, read);
  expect(enter(read, 'slow')).toMatchObject({ limit: 'in_flight' });
  for (let n = 0; n < 10_001; n++) meters.leave(enter(read, `other ${n}`) as Meter, read);
  meters.leave(held, read);
  const again = enter(read, 'slow');
  expect(isRefused(again)).toBe(false);
});
