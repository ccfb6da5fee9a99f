import { CronExpressionParser, type CronExpression } from 'cron-parser';
import { invalid } from '@core/runtime';
import { cronFieldProblem } from './cron-fields.ts';

/** When an import starts by itself. */
export interface ScheduleTimes {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string;
  /** IANA name. */
  timeZone: string;
}

// A list of every hour, day, month and weekday has 213 characters.
const LONGEST_CRON = 255;
// The longest name in the time zone tables has 32 characters.
const LONGEST_TIME_ZONE = 64;

/**
 * The expression in its canonical form, fields parted by one space.
 * @throws CoreError invalid_argument: no such expression, one of a day that no month has, one more often than hourly
 */
export function checkCron(cron: string, field = 'cron'): string {
  if (cron.length > LONGEST_CRON) throw invalid(field, `must have at most ${LONGEST_CRON} characters`);
  const fields = cron.trim().split(/\s+/);
  const problem = cronFieldProblem(fields, (text) => parse(text) !== null);
  if (problem !== undefined) throw invalid(field, problem);
  const canonical = fields.join(' ');
  const parsed = parse(canonical);
  if (!parsed || !everFires(parsed)) throw invalid(field, 'must name a day that one of its months has');
  const minutes = parsed.fields.minute.values;
  // One minute of the hour, and no two firings are closer than an hour, whatever the other fields say.
  if (minutes.length > 1) throw invalid(field, 'must not come more often than hourly: give one minute');
  return canonical;
}

/** @throws CoreError invalid_argument unless it is the name of a zone; offsets such as +02:00 are none */
export function checkTimeZone(timeZone: string, field = 'time_zone'): string {
  try {
    if (timeZone.length > LONGEST_TIME_ZONE) throw new RangeError('too long');
    const name = timeZone.trim() || 'UTC';
    if (!/^[a-z]/i.test(name)) throw new RangeError('an offset');
    // In the spelling of the tables: PostgreSQL and the parser get the same one.
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw invalid(field, 'must be an IANA time zone, such as Europe/Berlin');
  }
}

/** The first firing after `from`; null when there is none. */
export const nextAt = (times: ScheduleTimes, from: Date): Date | null => step(times, from, 'next');

/** The last firing before `until`; null when there is none. */
export const lastAt = (times: ScheduleTimes, until: Date): Date | null => step(times, until, 'prev');

function step({ cron, timeZone: tz }: ScheduleTimes, from: Date, way: 'next' | 'prev'): Date | null {
  try {
    const parsed = parse(cron, { tz, currentDate: from });
    return parsed && everFires(parsed) ? parsed[way]().toDate() : null;
  } catch {
    return null;
  }
}

function parse(...args: Parameters<typeof CronExpressionParser.parse>): CronExpression | null {
  try {
    return CronExpressionParser.parse(...args);
  } catch {
    return null;
  }
}

/** The days of each month in a leap year. */
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/**
 * Checked before the parser computes a firing: `0 3 31 2,4 *` has none, and the parser searches for two
 * seconds. (For a single month it reports this itself.) With a day of the week as well, a match of either day
 * is enough.
 */
function everFires({ fields: { dayOfMonth, month, dayOfWeek } }: CronExpression): boolean {
  if (!dayOfWeek.isWildcard) return true;
  const first = Math.min(...dayOfMonth.values.map(Number));
  return month.values.some((each) => first <= (LONGEST_MONTHS[each - 1] ?? 0));
}
