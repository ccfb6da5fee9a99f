import { lastAt, nextAt } from '@core/domain';
import { createRandom } from '../random.ts';
import type { FaultRun, FaultRunOptions } from '../run-options.ts';
import { reportProgress } from '../report-progress.ts';
import { cronOf, findFirings, type Plan } from './due-times.ts';
import { offsetPeriodsOf, type OffsetPeriod } from './offset-periods.ts';

const DAY_MS = 86_400_000;
const FROM_MS = Date.UTC(2026, 0, 15);
const YEARS = 10;
/**
 * The longest time that one query may take. A longer one is repeated: the machine may have been suspended.
 */
const MAX_QUERY_MS = 50;

/**
 * Zones with gaps and repetitions at midnight, at night, of half an hour, and twice a year around Ramadan.
 */
const NAMED = [
  'Europe/Berlin',
  'America/Santiago',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Africa/Casablanca',
  'America/Scoresbysund',
];
const OTHERS_IN_SHORT = 14;

/**
 * Checks schedules over ten years in every time zone: each due local time has one firing, each firing is the
 * predicted one, and no query takes long.
 */
export async function runScheduleFaults(options: FaultRunOptions): Promise<FaultRun> {
  const { short, seed, only, say, signal } = options;
  say(`seed ${seed}`);
  const random = createRandom(seed);
  const all = ['UTC', ...Intl.supportedValuesOf('timeZone')];
  const others = random.shuffled(all.filter((zone) => !NAMED.includes(zone)));
  const chosen = [...NAMED, ...(short ? others.slice(0, OTHERS_IN_SHORT) : others)];
  const zones = chosen.filter((name) => only === undefined || name.includes(only));
  const report = reportProgress(say);
  const run = { passed: 0, failed: 0 };
  const total = { firings: 0, changes: 0, longestMs: 0 };
  for (const [done, zone] of zones.entries()) {
    signal.throwIfAborted();
    const untilMs = FROM_MS + YEARS * 365.25 * DAY_MS;
    // Starts before the first firing, so that the farthest time of the clock is known.
    const periods = offsetPeriodsOf(zone, FROM_MS - 2 * DAY_MS, untilMs);
    total.changes += periods.length - 1;
    for (const plan of [aimedPlan(random, periods), anyPlan(random)]) {
      const { problem, firings, longestMs } = checkPlan(plan, zone, periods, untilMs);
      run[problem === undefined ? 'passed' : 'failed']++;
      total.firings += firings;
      total.longestMs = Math.max(total.longestMs, longestMs);
      if (problem !== undefined) say(`FAILED ${cronOf(plan)} in ${zone}: ${problem}`);
    }
    report(() => `${done + 1} of ${zones.length} zones, ${total.firings} firings`);
    await new Promise(setImmediate); // lets an interrupt through
  }
  if (total.longestMs > MAX_QUERY_MS) run.failed++;
  say(
    `${total.longestMs > MAX_QUERY_MS ? 'FAILED' : 'ok    '} ${total.firings} firings in ${zones.length} zones over ` +
      `${YEARS} years with ${total.changes} changes of the clock; the longest query took ${total.longestMs.toFixed(1)} ms`,
  );
  return run;
}

function checkPlan(plan: Plan, timeZone: string, periods: readonly OffsetPeriod[], untilMs: number) {
  const times = { cron: cronOf(plan), timeZone };
  const { firings, due } = findFirings(plan, periods, FROM_MS, untilMs);
  let longestMs = 0;
  const query = (find: typeof nextAt, at: number): string => {
    const timed = () => {
      const begun = performance.now();
      const found = find(times, new Date(at))?.toISOString() ?? 'nothing';
      return { found, ms: performance.now() - begun };
    };
    const { found, ms } = timed();
    longestMs = Math.max(longestMs, ms > MAX_QUERY_MS / 2 ? Math.min(ms, timed().ms, timed().ms) : ms);
    return found;
  };
  const near = (at: number) => periods.some(({ fromMs }) => Math.abs(at - fromMs) < 2 * DAY_MS);
  const findProblem = (): string | undefined => {
    if (firings.length === 0) return 'it never fires';
    let before = FROM_MS - 1;
    for (const [n, at] of firings.entries()) {
      const expected = new Date(at).toISOString();
      const predicted = query(nextAt, before);
      if (predicted !== expected)
        return `after ${new Date(before).toISOString()} it fires at ${expected}, not at the predicted ${predicted}`;
      // Far from a change of the clock, a check of one in twenty firings is enough.
      if (n % 20 === 0 || near(at)) {
        const current = query(lastAt, at);
        if (current !== expected) return `at ${expected} the last firing is ${current}`;
        const previous = query(lastAt, at - 1);
        if (n > 0 && previous !== new Date(before).toISOString())
          return `before ${expected} the last firing is ${previous}`;
      }
      before = at;
    }
    // Local times share a firing only if they are in the same gap.
    const shared = due - firings.length;
    if (shared > 24 * (periods.length - 1)) return `${shared} of ${due} times share a firing`;
    return undefined;
  };
  return { problem: findProblem(), firings: firings.length, longestMs };
}

type Random = ReturnType<typeof createRandom>;

const DAILY = { daysOfMonth: null, months: null, daysOfWeek: null };

/** Chooses a daily time near a change of the zone's clock; any daily time if the zone has no change. */
function aimedPlan(random: Random, periods: readonly OffsetPeriod[]): Plan {
  const change = periods[1 + random.below(Math.max(1, periods.length - 1))];
  if (!change) return { ...DAILY, minute: random.below(60), hours: [random.below(24)] };
  // The two hours from one hour before the change contain the local times that are skipped or repeated.
  const local = new Date(change.fromMs + change.offsetMs - 3_600_000 + random.below(4) * 30 * 60_000);
  return { ...DAILY, minute: local.getUTCMinutes() + random.below(30), hours: [local.getUTCHours()] };
}

function anyPlan(random: Random): Plan {
  const some = (from: number, to: number, most: number) => {
    const all = Array.from({ length: to - from + 1 }, (_, n) => from + n);
    return random
      .shuffled(all)
      .slice(0, 1 + random.below(most))
      .sort((a, b) => a - b);
  };
  const oneIn = (values: readonly number[]) => (random.below(4) === 0 ? values : null);
  return {
    minute: random.below(60),
    hours: random.below(3) === 0 ? null : some(0, 23, 4),
    daysOfMonth: oneIn(some(1, 28, 5)),
    months: oneIn(some(1, 12, 6)),
    daysOfWeek: oneIn(some(0, 6, 3)),
  };
}
