import {
  customerIdFrom,
  importIdFrom,
  LONGEST_ID,
  merchantIdFrom,
  readTimestamp,
  textProblem,
  uuidFrom,
  type CustomerId,
} from '@core/contracts';
import { oneOfValues, wholeNumber, WrongValue, type ReadValue } from '@core/runtime';
import { printable } from './print.ts';

/**
 * One flag of a command: its parser and its description in --help. The counterpart of an environment
 * Variable.
 */
export interface Option<T> {
  readonly doc: string;
  /** Placeholder for the value in --help; empty for a flag without a value. */
  readonly shows: string;
  /** May be given more than once. */
  readonly many: boolean;
  /** Accepts the value without the flag: `import show <id>`. At most one option of a command. */
  readonly bare?: boolean;
  /**
   * @param given every value on the command line, in order; 'true' for a flag without a value
   * @throws Error that contains only the expectation; the caller adds the flag's name
   */
  readonly parse: (given: readonly string[]) => T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;

export type Values<O extends Options> = {
  readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never;
};

export const flag = (doc: string): Option<boolean> => ({
  doc,
  shows: '',
  many: false,
  parse: (given) => given.length > 0,
});

export const single = <T>(shows: string, doc: string, read: ReadValue<T>): Option<T | undefined> => ({
  doc,
  shows,
  many: false,
  parse: ([raw]) => (raw === undefined ? undefined : read(raw)),
});

const notEmpty = (raw: string): string => {
  if (raw === '') throw new Error('must not be empty');
  return raw;
};

export const text = (shows: string, doc: string) => single(shows, doc, notEmpty);

/** A text that is stored, with the same rule as every other entry point. */
export const name = (shows: string, doc: string) =>
  single(shows, doc, (raw) => {
    const problem = textProblem(notEmpty(raw), LONGEST_ID);
    if (problem) throw new Error(problem);
    return raw;
  });

export const texts = (shows: string, doc: string): Option<readonly string[] | undefined> => ({
  doc: `${doc}; may be given more than once`,
  shows,
  many: true,
  parse: (given) => (given.length > 0 ? given.map(notEmpty) : undefined),
});

export const oneOf = <T extends string>(choices: readonly T[], doc: string) =>
  single('<word>', `${doc}: ${choices.join(', ')}`, oneOfValues(choices));

/** @param given the operator's input, which the message quotes: no flag contains a secret */
const whole = (raw: string, min: number, max: number, given = raw): number => {
  try {
    return wholeNumber({ min, max })(raw);
  } catch (error) {
    if (!(error instanceof WrongValue)) throw error;
    throw new Error(`${error.message}, got ${printable(given.slice(0, 40))}`, { cause: error });
  }
};

export const integer = (doc: string, { min = 0, max = Number.MAX_SAFE_INTEGER } = {}) =>
  single('<n>', max === Number.MAX_SAFE_INTEGER ? doc : `${doc} (${min} to ${max})`, (raw) =>
    whole(raw, min, max),
  );

/** An integer with a default. */
export const integerOr = (
  byDefault: number,
  doc: string,
  { min, max }: { min: number; max: number },
): Option<number> => ({
  doc: `${doc} (${min} to ${max}; default: ${byDefault})`,
  shows: '<n>',
  many: false,
  parse: ([raw]) => (raw === undefined ? byDefault : whole(raw, min, max)),
});

/** A rate per second: `200` or `200/s`. */
export const rateOr = (byDefault: number, doc: string, max: number): Option<number> => ({
  doc: `${doc} (1 to ${max}; default: ${byDefault}/s)`,
  shows: '<n/s>',
  many: false,
  parse: ([raw]) => (raw === undefined ? byDefault : whole(raw.replace(/\/s$/, ''), 1, max, raw)),
});

export const uuid = (doc: string) => single('<uuid>', doc, uuidFrom);
export const merchantId = (doc: string) => single('<uuid>', doc, merchantIdFrom);
export const customerId = (doc: string) => single('<uuid>', doc, customerIdFrom);
export const importId = (doc: string) => single('<uuid>', doc, importIdFrom);

export const customerIds = (doc: string): Option<readonly CustomerId[] | undefined> => ({
  doc: `${doc}; may be given more than once`,
  shows: '<uuid>',
  many: true,
  parse: (given) => (given.length > 0 ? given.map(customerIdFrom) : undefined),
});

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)$/;

const readTime = (raw: string, now: () => number): string => {
  const [, amount, unit] = /^(\d{1,6})([smhd])$/.exec(raw) ?? [];
  if (amount && unit) return new Date(now() - Number(amount) * (UNIT_MS[unit] ?? 0)).toISOString();
  if (!RFC_3339.test(raw) || !readTimestamp(raw.toUpperCase())) {
    throw new Error('must be a time like 2026-01-02T03:04:05Z, or an age: 90s, 15m, 2h, 3d');
  }
  return raw;
};

/** A time: RFC 3339, returned as it is given, or an age: 90s, 15m, 2h, 3d. */
export const time = (doc: string, now: () => number = Date.now) =>
  single('<time>', doc, (raw) => readTime(raw, now));

/**
 * A time in the past. Nothing can have happened since a future time, and an empty result would look like an
 * answer.
 */
export const pastTime = (doc: string, now: () => number = Date.now) =>
  single('<time>', doc, (raw) => {
    const past = readTime(raw, now);
    if (Date.parse(past) > now()) throw new Error(`must not be in the future, got ${raw}`);
    return past;
  });
