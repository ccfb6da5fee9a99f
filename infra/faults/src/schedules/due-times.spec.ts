import { createRandom } from '../random.ts';
import { isDue, findFirings, type Plan } from './due-times.ts';
import type { OffsetPeriod } from './offset-periods.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const BEGIN_MS = Date.UTC(2026, 2, 28);
const FROM_MS = BEGIN_MS + 3 * HOUR_MS;
const UNTIL_MS = BEGIN_MS + 100 * HOUR_MS;

/** Finds the firings by checking every minute. */
function findFiringsByMinute(plan: Plan, periods: readonly OffsetPeriod[]) {
  const offsetAt = (at: number) => periods.findLast(({ fromMs }) => fromMs <= at)!.offsetMs;
  const firings: number[] = [];
  let [due, farthest] = [0, BEGIN_MS + offsetAt(BEGIN_MS) - MINUTE_MS];
  for (let at = BEGIN_MS; at < UNTIL_MS; at += MINUTE_MS) {
    let fires = false;
    for (; farthest < at + offsetAt(at);) {
      farthest += MINUTE_MS;
      if (at < FROM_MS || !isDue(plan, farthest)) continue;
      due++;
      fires = true;
    }
    if (fires) firings.push(at);
  }
  return { firings, due };
}

/** Changes of a clock, in minutes, at minutes after the start. */
const CLOCKS: Record<string, [at: number, by: number][]> = {
  'does not change': [],
  'is put forward by an hour': [[1_500, 60]],
  'is put back by an hour': [[1_500, -60]],
  'is put forward and back within hours': [
    [1_500, 60],
    [1_800, -60],
  ],
  'is put back and forward within a day': [
    [1_500, -60],
    [2_900, 60],
  ],
  'changes by half an hour at an odd minute': [
    [1_517, 30],
    [2_903, -30],
  ],
  'loses a day': [[1_440, 1_440]],
  'is put back over midnight': [[1_450, -60]],
  'is put back twice': [
    [1_500, -60],
    [1_530, -60],
  ],
};

it.each(Object.entries(CLOCKS))(
  'finds the same firings as a check of every minute if the clock %s',
  (_, changes) => {
    let offsetMs = 2 * HOUR_MS;
    const periods = [
      { fromMs: BEGIN_MS, offsetMs },
      ...changes.map(([at, by]) => ({
        fromMs: BEGIN_MS + at * MINUTE_MS,
        offsetMs: (offsetMs += by * MINUTE_MS),
      })),
    ];
    const random = createRandom(1);
    for (let minute = 0; minute < 60; minute++) {
      const hours = minute % 3 === 0 ? null : [random.below(24), random.below(24)].sort((a, b) => a - b);
      const plan = { minute, hours, daysOfMonth: null, months: null, daysOfWeek: null };
      const found = findFirings(plan, periods, FROM_MS, UNTIL_MS);
      expect([minute, found]).toEqual([minute, findFiringsByMinute(plan, periods)]);
      expect(found.firings.length).toBeGreaterThan(2);
    }
  },
);
