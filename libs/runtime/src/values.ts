/** A value that breaks its rule. The message is the expectation alone, never the value: some are secrets. */
export class WrongValue extends Error {
  override name = 'WrongValue';
}

/**
 * Reads the value of a variable, a flag or a field, which is given as a text. The rule and its words are the
 * same everywhere; each surface adds the name that it knows the value by, in its own form of errors.
 * @throws WrongValue
 */
export type ReadValue<T> = (given: string) => T;

export interface Range {
  min?: number;
  max?: number;
}

/** Digits alone: Number() takes 1e3, 0x10 and the empty text as well. */
export const wholeNumber =
  ({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): ReadValue<number> =>
  (given) => {
    const value = Number(given);
    if (!/^(?!-0*$)-?\d+$/.test(given) || value < min || value > max) {
      throw new WrongValue(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  };

export const oneWordOf =
  <T extends string>(words: readonly T[]): ReadValue<T> =>
  (given) => {
    if (!words.includes(given as T)) throw new WrongValue(`must be one of ${words.join(', ')}`);
    return given as T;
  };

/** By a reader that gives null for what it cannot read. */
export const readBy =
  <T>(read: (given: string) => T | null, expectation: string): ReadValue<T> =>
  (given) => {
    const value = read(given);
    if (value === null) throw new WrongValue(expectation);
    return value;
  };
