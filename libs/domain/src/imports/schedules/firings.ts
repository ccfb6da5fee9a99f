import { CronExpressionParser, type CronExpression } from 'cron-parser';

/** When a scheduled import starts. */
export interface ScheduleTimes {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string;
  /** IANA name. */
  timeZone: string;
}

const DAY_MS = 86_400_000;
/**
 * Around 2100, which is not a leap year, 29 February comes once in eight years. No expression fires less
 * often.
 */
const SEARCHED_DAYS = 8 * 366;
/** The days of each month in a leap year. */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Returns the first firing after `from`; null when there is none. The announced firing and the actual one
 * must agree across every clock change, so nextAt and lastAt search the same `firings`. ADR 21 contains the
 * rule.
 */
export const nextAt = (times: ScheduleTimes, from: Date): Date | null =>
  // The local day of `from` contains the earliest time that can follow it. Where the clock was put back, some
  // of its times have already occurred.
  find(
    times,
    1,
    () => dayOf(from, times.timeZone),
    (at) => at > from.getTime(),
  );

/** Returns the first firings after `from`, at most `count`. */
export function nextFirings(times: ScheduleTimes, from: Date, count: number): Date[] {
  const found: Date[] = [];
  for (let at = nextAt(times, from); at && found.length < count; at = nextAt(times, at)) found.push(at);
  return found;
}

/** Returns the last firing at or before `until`; null when there is none. */
export const lastAt = (times: ScheduleTimes, until: Date): Date | null =>
  // Where the clock was put back over midnight, times of the next day have already occurred.
  find(
    times,
    -1,
    () => dayOf(until, times.timeZone) + 1,
    (at) => at <= until.getTime(),
  );

/**
 * Returns null also for a time zone that this Node's tables lack: one such schedule must not stop the others.
 */
function find(
  times: ScheduleTimes,
  way: 1 | -1,
  firstDay: () => number,
  fits: (at: number) => boolean,
): Date | null {
  try {
    for (const at of firings(times, firstDay(), way)) if (fits(at)) return new Date(at);
  } catch (error) {
    if ((error as Error).name !== 'RangeError') throw error;
  }
  return null;
}

/**
 * Yields the instants at which the local times of a schedule occur, starting with a day, forwards or
 * backwards. They are in order, because instantOf is monotonic. An instant is yielded once for each local
 * time that maps to it.
 * @param firstDay as counted by dayOf
 */
function* firings({ cron, timeZone }: ScheduleTimes, firstDay: number, way: 1 | -1): Generator<number> {
  const parsed = parsedCron(cron);
  if (!parsed || !everFires(parsed)) return;
  const isDue = dayFilter(parsed);
  const [minute = 0] = parsed.fields.minute.values;
  const hours = way === 1 ? parsed.fields.hour.values : parsed.fields.hour.values.toReversed();
  for (let passed = 0; passed <= SEARCHED_DAYS; passed++) {
    const date = new Date((firstDay + way * passed) * DAY_MS);
    if (!isDue(date)) continue;
    for (const hour of hours) yield instantOf(date, hour, minute, timeZone);
  }
}

/**
 * Returns the first instant at which the zone's clock shows this time or a later one. This is the end of the
 * gap for a skipped time, and the first occurrence of a repeated time.
 * @param date the local date, as a date in UTC
 */
function instantOf(date: Date, hour: number, minute: number, timeZone: string): number {
  const local = new Temporal.PlainDateTime(
    date.getUTCFullYear(),
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    hour,
    minute,
  );
  // 'earlier' selects the first of a repeated time, and moves a skipped time back by the length of the gap.
  const zoned = local.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  if (zoned.toPlainDateTime().equals(local)) return zoned.epochMilliseconds;
  return (zoned.getTimeZoneTransition('next') ?? zoned).epochMilliseconds;
}

/** Returns the number of days from 1970-01-01 to the local date of an instant. */
function dayOf(instant: Date, timeZone: string): number {
  const zoned = Temporal.Instant.fromEpochMilliseconds(instant.getTime()).toZonedDateTimeISO(timeZone);
  return Math.floor((instant.getTime() + zoned.offsetNanoseconds / 1e6) / DAY_MS);
}

/** When both days are restricted, a match of either is enough, as in cron. */
function dayFilter({ fields }: CronExpression): (date: Date) => boolean {
  const { dayOfMonth, month, dayOfWeek } = fields;
  const months = new Set<number>(month.values);
  const days = new Set(dayOfMonth.values.map(Number));
  const weekdays = new Set(dayOfWeek.values.map((day) => Number(day) % 7));
  const either = !dayOfMonth.isWildcard && !dayOfWeek.isWildcard;
  return (date) => {
    if (!months.has(date.getUTCMonth() + 1)) return false;
    const [ofMonth, ofWeek] = [days.has(date.getUTCDate()), weekdays.has(date.getUTCDay())];
    return either ? ofMonth || ofWeek : ofMonth && ofWeek;
  };
}

let latest: { cron: string; parsed: CronExpression | null } | undefined;

/**
 * Caches the latest expression: a schedule's firings are computed one after the other, and parsing took half
 * of the time of each.
 */
function parsedCron(cron: string): CronExpression | null {
  if (latest?.cron !== cron) latest = { cron, parsed: parseCron(cron) };
  return latest.parsed;
}

/** Returns null for an invalid expression. */
export function parseCron(cron: string): CronExpression | null {
  try {
    return CronExpressionParser.parse(cron);
  } catch {
    return null;
  }
}

/**
 * Whether one of its months has one of its days; `0 3 31 2,4 *` has no such day. (For a single month the
 * parser reports this itself.) With a day of the week as well, a match of either day is enough.
 */
export function everFires({ fields: { dayOfMonth, month, dayOfWeek } }: CronExpression): boolean {
  if (!dayOfWeek.isWildcard) return true;
  const first = Math.min(...dayOfMonth.values.map(Number));
  return month.values.some((each) => first <= (LONGEST_MONTHS[each - 1] ?? 0));
}

/**
 * Node 26 has Temporal; the libraries of TypeScript 5 do not. A package for its types alone is not worth
 * having.
 */
declare const Temporal: {
  PlainDateTime: new (
    year: number,
    month: number,
    day: number,
    hour: number,
    minute: number,
  ) => PlainDateTime;
  Instant: { fromEpochMilliseconds(ms: number): { toZonedDateTimeISO(timeZone: string): ZonedDateTime } };
};
interface PlainDateTime {
  equals(other: PlainDateTime): boolean;
  toZonedDateTime(timeZone: string, options: { disambiguation: 'earlier' }): ZonedDateTime;
}
interface ZonedDateTime {
  readonly epochMilliseconds: number;
  readonly offsetNanoseconds: number;
  toPlainDateTime(): PlainDateTime;
  getTimeZoneTransition(direction: 'next'): ZonedDateTime | null;
}
