import { withoutLast } from '../without-last.ts';

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d*))?(?:e([+-]?\d{1,6}))?$/i;
const LONGEST = 400;

/** A decimal number without rounding: `digits` times ten to the `power`. No leading or trailing zeros; zero is empty. */
export interface Decimal {
  negative: boolean;
  digits: string;
  power: number;
}

/** @returns undefined for a text that is no decimal number */
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
 * The integer that a decimal number is: 1e3, 1.0 and +1 are some, 1.5 is none.
 * @param most its number of digits at most: an exponent makes a number of any length
 * @returns undefined when it is no integer; 'long' above `most`
 */
export function exactInteger(text: string, most: number): bigint | 'long' | undefined {
  const decimal = readDecimal(text);
  if (!decimal || decimal.power < 0) return undefined;
  const { negative, digits, power } = decimal;
  if (digits.length + power > most) return 'long';
  const value = BigInt(digits + '0'.repeat(power));
  return negative ? -value : value;
}
