import { CronExpressionParser } from 'cron-parser';
import { invalid } from '@core/runtime';

/** When an import starts by itself. */
export interface ScheduleTimes {
  /** Five fields: minute, hour, day of the month, month, day of the week. */
  cron: string;
  /** IANA name. */
  timeZone: string;
}

// Of what the parser takes: no seconds, no @daily, and no H, which means another minute at each reading.
const FIELD =
  /^(?:\d+|\*|[-,/]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|sun|mon|tue|wed|thu|fri|sat)+$/i;
const FIELDS = 5;
const EXPECTED =
  'must be five fields of cron (minute, hour, day of the month, month, day of the week), such as "0 3 * * *"';

/**
 * The expression in its canonical form, fields parted by one space.
 * @throws CoreError invalid_argument: no such expression, one of a day that no month has, one more often than hourly
 */
export function checkCron(cron: string, field = 'cron'): string {
  const fields = cron.trim().split(/\s+/);
  if (fields.length !== FIELDS || !fields.every((part) => FIELD.test(part))) throw invalid(field, EXPECTED);
  const canonical = fields.join(' ');
  const minutes = minutesOf(canonical);
  if (!minutes) throw invalid(field, EXPECTED);
  // One minute of the hour, and no two firings are closer than an hour, whatever the other fields say.
  if (minutes.length > 1) throw invalid(field, 'must not come more often than hourly: give one minute');
  return canonical;
}

/** @throws CoreError invalid_argument unless it is the name of a zone; offsets such as +02:00 are none */
export function checkTimeZone(timeZone: string, field = 'time_zone'): string {
  const name = timeZone.trim() || 'UTC';
  try {
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
    return CronExpressionParser.parse(cron, { tz, currentDate: from })[way]().toDate();
  } catch {
    return null;
  }
}

function minutesOf(cron: string): readonly number[] | null {
  try {
    return CronExpressionParser.parse(cron).fields.minute.values;
  } catch {
    return null;
  }
}
