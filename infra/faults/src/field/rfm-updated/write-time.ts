import type { Choices } from '../../requests/choices.ts';

/** The earliest time: 2026-01-01. */
const BEGIN = 1_767_225_600_000_000_000n;
const DAY = 86_400_000_000_000n;
const PRECISIONS = [1_000_000_000n, 1_000_000n, 1_000n, 1n];

/** Returns nanoseconds since 1970, truncated to seconds, milliseconds, microseconds or not at all. */
export function randomTime(choices: Choices): bigint {
  const nanos = BEGIN + (DAY * BigInt(choices.below(1_000_000))) / 1_000_000n + BigInt(choices.below(1e9));
  const precision = choices.one(PRECISIONS);
  return nanos - (nanos % precision);
}

const SECOND = 1_000_000_000n;

function partsOf(nanos: bigint): { second: string; fraction: string } {
  const second = new Date(Number(nanos / 1_000_000n)).toISOString().slice(0, 19);
  return { second, fraction: String(nanos % SECOND).padStart(9, '0') };
}

/** Formats a time as it must be stored: with 3, 6 or 9 decimals, the fewest that are exact. */
export function storedTime(nanos: bigint): string {
  const { second, fraction } = partsOf(nanos);
  const digits = fraction.endsWith('000000') ? 3 : fraction.endsWith('000') ? 6 : 9;
  return `${second}.${fraction.slice(0, digits)}Z`;
}

const OFFSETS = [
  [0, 'Z'],
  [0, 'z'],
  [0, '+00:00'],
  [0, '-0000'],
  [0, ''],
  [120, '+02:00'],
  [-210, '-03:30'],
  [345, '+0545'],
] as const;

/** Writes the same time as a producer may write it, as JSON. */
export function writeTime(nanos: bigint, choices: Choices): string {
  return choices.oneIn(3) ? writeNumber(nanos, choices) : writeText(nanos, choices);
}

function writeText(nanos: bigint, choices: Choices): string {
  const [minutes, zone] = choices.one(OFFSETS);
  const { second, fraction } = partsOf(nanos + BigInt(minutes) * 60n * SECOND);
  const digits = fraction.replace(/0{1,9}$/, '');
  const decimals = choices.oneIn(2) ? fraction : digits;
  const [date, time] = second.split('T');
  const text = `${date}${choices.one(['T', 'T', 't', ' '])}${time}${decimals ? `.${decimals}` : ''}${zone}`;
  return JSON.stringify(choices.oneIn(8) ? ` ${text} ` : text);
}

/** Writes seconds, milliseconds, microseconds or nanoseconds, as a number or as text. */
function writeNumber(nanos: bigint, choices: Choices): string {
  const digits = choices.one([9, 6, 3, 0]);
  const text = String(nanos);
  const fraction = digits === 0 ? '' : text.slice(-digits).replace(/0{1,9}$/, '');
  const number = `${digits === 0 ? text : text.slice(0, -digits)}${fraction ? `.${fraction}` : ''}`;
  return choices.oneIn(3) ? JSON.stringify(number) : number;
}
