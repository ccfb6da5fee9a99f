import { withoutLast } from '../without-last.ts';

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:e([+-]?\d{1,6}))?$/i;
const LONGEST = 400;

/**
 * An exact decimal number: `digits` times ten to the power of `power`. `digits` has no leading or trailing
 * zeros and is empty for zero.
 */
export interface Decimal {
  negative: boolean;
  digits: string;
  power: number;
}

/** @returns undefined for a string that is not a decimal number */
export function readDecimal(text: string): Decimal | undefined {
  if (text.length > LONGEST) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (!whole) return undefined;
  const significant = (whole + fraction).replace(/^0+/, '');
  const digits = withoutLast(significant, '0');
  const power = Number(exponent) - fraction.length + significant.length - digits.length;
  return { negative: sign === '-' && digits !== '', digits, power: digits ? power : 0 };
}

/**
 * Returns the integer that a decimal string denotes: 1e3, 1.0 and +1 are integers, 1.5 is not.
 * @param most the maximum number of digits: an exponent can denote a number of any length
 * @returns undefined when it is not an integer; 'long' when it has more than `most` digits
 */
export function exactInteger(text: string, most: number): bigint | 'long' | undefined {
  const decimal = readDecimal(text);
  if (!decimal || decimal.power < 0) return undefined;
  const { negative, digits, power } = decimal;
  if (digits.length + power > most) return 'long';
  const value = BigInt(digits + '0'.repeat(power));
  return negative ? -value : value;
}
