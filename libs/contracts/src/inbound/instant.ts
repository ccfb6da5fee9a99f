import { FIRST_SECOND, LAST_SECOND } from '../storable.ts';
import { withoutLast } from '../without-last.ts';
import { readDecimal } from './exact-integer.ts';

/**
 * A point in time to the nanosecond: RFC 3339 in UTC with 3, 6 or 9 decimals, the fewest that hold it, so that equal
 * times are equal texts. A Date would cut it to milliseconds.
 */
export type Instant = string;

const LONGEST = 64;
const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d)?))?)?$/i;

/**
 * Reads a time as producers write it: RFC 3339, also without a zone (then it is UTC), with a space for the T, without
 * seconds, or the date alone.
 * @returns undefined for a text that is no time of the years 1 to 9999, or finer than nanoseconds
 */
export function readTime(text: string): Instant | undefined {
  const found = text.length <= LONGEST ? TIME.exec(text) : null;
  if (!found) return undefined;
  const [, date = '', minutes = '00:00', seconds = '00', fraction, , sign, hoursAway, minutesAway = '00'] =
    found;
  const nanos = nanosOf(fraction ?? '');
  const ms = Date.parse(`${date}T${minutes}:00Z`);
  if (nanos === undefined || Number.isNaN(ms)) return undefined;
  // Date.parse takes February 30 for March 2; a leap second, 60, is the next second.
  if (new Date(ms).toISOString().slice(0, 16) !== `${date}T${minutes}` || Number(seconds) > 60)
    return undefined;
  if (Number(hoursAway ?? 0) > 23 || Number(minutesAway) > 59) return undefined;
  const away = (Number(hoursAway ?? 0) * 60 + Number(minutesAway)) * (sign === '-' ? -60 : 60);
  return instantOf(ms / 1_000 + Number(seconds) - away, nanos);
}

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads a time as protobuf's JSON has it: RFC 3339 with a zone. It has no leap second, because the seconds of a Timestamp
 * have no place for one.
 * @returns undefined for a text of another form, and for what readTime takes for no time
 */
export const readTimestamp = (text: string): Instant | undefined =>
  text.length <= LONGEST && RFC_3339.test(text) ? readTime(text) : undefined;

function nanosOf(fraction: string): number | undefined {
  const digits = withoutLast(fraction, '0');
  return digits.length > 9 ? undefined : Number(digits.padEnd(9, '0'));
}

/** The digits before the point tell the unit: with one less or more it would be 1973 or 5138. */
const UNITS = [
  { longest: 8, power: undefined },
  { longest: 11, power: 9 },
  { longest: 14, power: 6 },
  { longest: 17, power: 3 },
  { longest: 20, power: 0 },
];

/**
 * Reads a time that is counted since 1970: seconds, milliseconds, microseconds or nanoseconds, with decimals.
 * @returns undefined for a number that is none of them, or finer than nanoseconds
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
