import { FIRST_SECOND, LAST_SECOND } from '../storable.ts';
import { withoutLast } from '../without-last.ts';
import { readDecimal } from './exact-integer.ts';

/**
 * A point in time with nanosecond precision: RFC 3339 in UTC with 3, 6 or 9 decimals. It has the fewest that
 * represent the time, so that equal times are equal strings. A Date would truncate it to milliseconds.
 */
export type Instant = string;

const LONGEST = 64;
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d)?))?)?$/i;

/**
 * Reads a time in the forms that producers write: RFC 3339, also without a zone (then UTC), with a space
 * instead of the T, without seconds, or the date alone.
 * @returns undefined for a string that is not a time in the years 1 to 9999, or is finer than nanoseconds
 */
export function readTime(text: string): Instant | undefined {
  const found = text.length <= LONGEST ? TIME.exec(text) : null;
  if (!found) return undefined;
  const [, date = '', minutes = '00:00', seconds = '00', fraction, , sign, hoursAway, minutesAway = '00'] =
    found;
  const nanos = nanosOf(fraction ?? '');
  const ms = Date.parse(`${date}T${minutes}:00Z`);
  if (nanos === undefined || Number.isNaN(ms)) return undefined;
  // Date.parse reads February 30 as March 2. The leap second, 60, is the next second.
  if (new Date(ms).toISOString().slice(0, 16) !== `${date}T${minutes}` || Number(seconds) > 60)
    return undefined;
  if (Number(hoursAway ?? 0) > 23 || Number(minutesAway) > 59) return undefined;
  const away = (Number(hoursAway ?? 0) * 60 + Number(minutesAway)) * (sign === '-' ? -60 : 60);
  return instantOf(ms / 1_000 + Number(seconds) - away, nanos);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads a time in protobuf's JSON format: RFC 3339 with a zone. Leap seconds are refused, because a Timestamp
 * cannot represent them.
 * @returns undefined for a string of another form, and for a time that readTime refuses
 */
export const readTimestamp = (text: string): Instant | undefined =>
  text.length <= LONGEST && RFC_3339.test(text) ? readTime(text) : undefined;

function nanosOf(fraction: string): number | undefined {
  const digits = withoutLast(fraction, '0');
  return digits.length > 9 ? undefined : Number(digits.padEnd(9, '0'));
}

/**
 * The number of digits before the decimal point determines the unit: in that unit the time lies between 1973
 * and 5138.
 */
const UNITS = [
  { longest: 8, power: undefined },
  { longest: 11, power: 9 },
  { longest: 14, power: 6 },
  { longest: 17, power: 3 },
  { longest: 20, power: 0 },
];

/**
 * Reads a time given as a number since 1970: seconds, milliseconds, microseconds or nanoseconds, with
 * decimals.
 * @returns undefined for a number in none of these units, or finer than nanoseconds
 */
export function readEpoch(text: string): Instant | undefined {
  const decimal = readDecimal(text);
  if (!decimal || decimal.negative) return undefined;
  const { digits, power } = decimal;
  const unit = UNITS.find(({ longest }) => digits.length + power <= longest)?.power;
  if (unit === undefined || power + unit < 0) return undefined;
  const nanos = BigInt(digits + '0'.repeat(power + unit));
  return instantOf(Number(nanos / NANOS_OF_SECOND), Number(nanos % NANOS_OF_SECOND));
}

const NANOS_OF_SECOND = 1_000_000_000n;

function instantOf(seconds: number, nanos: number): Instant | undefined {
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) return undefined;
  const decimals = String(nanos)
    .padStart(9, '0')
    .replace(/(?:000){1,2}$/, '');
  return `${new Date(seconds * 1_000).toISOString().slice(0, 19)}.${decimals}Z`;
}
