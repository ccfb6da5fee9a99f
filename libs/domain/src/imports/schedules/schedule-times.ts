import { invalid } from '@core/runtime';
import { cronFieldProblem } from './cron-fields.ts';
import { everFires, parseCron } from './firings.ts';

// A list of every hour, day, month and weekday has 213 characters.
const LONGEST_CRON = 255;
// The longest name in the time zone tables has 32 characters.
const LONGEST_TIME_ZONE = 64;

/**
 * Returns the expression in its canonical form, with its fields separated by one space.
 * @throws CoreError invalid_argument: not an expression, a day that none of its months has, or more often
 *   than hourly
 */
export function checkCron(cron: string, field = 'cron'): string {
  if (cron.length > LONGEST_CRON) throw invalid(field, `must have at most ${LONGEST_CRON} characters`);
  const fields = cron.trim().split(/\s+/);
  const problem = cronFieldProblem(fields, (text) => parseCron(text) !== null);
  if (problem !== undefined) throw invalid(field, problem);
  const canonical = fields.join(' ');
  const parsed = parseCron(canonical);
  if (!parsed || !everFires(parsed)) throw invalid(field, 'must name a day that occurs in one of its months');
  const minutes = parsed.fields.minute.values;
  // With one minute of the hour, no two firings are closer than an hour, whatever the other fields are.
  if (minutes.length > 1) throw invalid(field, 'must not run more often than hourly: give a single minute');
  return canonical;
}

/**
 * Returns the time zone's name in the spelling of the tables.
 * @throws CoreError invalid_argument unless it is the name of a zone; offsets such as +02:00 are refused
 */
export function checkTimeZone(timeZone: string, field = 'time_zone'): string {
  try {
    if (timeZone.length > LONGEST_TIME_ZONE) throw new RangeError('too long');
    const name = timeZone.trim() || 'UTC';
    if (!/^[a-z]/i.test(name)) throw new RangeError('an offset');
    // In the spelling of the tables, so that PostgreSQL and the parser get the same name.
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    throw invalid(field, 'must be an IANA time zone, such as Europe/Berlin');
  }
}
