/**
 * A value that breaks its rule. The message contains only the expectation, never the value: some are secrets.
 */
export class WrongValue extends Error {
  override name = 'WrongValue';
}

/**
 * Reads the value of a variable, a flag or a field from a text. The rule and its message are the same
 * everywhere; each surface adds the name of the value, in its own form of errors.
 * @throws WrongValue
 */
export type ReadValue<T> = (given: string) => T;

export interface Range {
  min?: number;
  max?: number;
}

/** Accepts only digits: Number() also accepts 1e3, 0x10 and the empty text. */
export const wholeNumber =
  ({ min = 0, max = Number.MAX_SAFE_INTEGER }: Range = {}): ReadValue<number> =>
  (given) => {
    const value = Number(given);
    if (!/^(?!-0*$)-?\d+$/.test(given) || value < min || value > max) {
      throw new WrongValue(`must be a whole number from ${min} to ${max}`);
    }
    return value;
  };

export const oneOfValues =
  <T extends string>(words: readonly T[]): ReadValue<T> =>
  (given) => {
    if (!words.includes(given as T)) throw new WrongValue(`must be one of ${words.join(', ')}`);
    return given as T;
  };

/** Adapts a reader that returns null for a text that it cannot read. */
export const readBy =
  <T>(read: (given: string) => T | null, expectation: string): ReadValue<T> =>
  (given) => {
    const value = read(given);
    if (value === null) throw new WrongValue(expectation);
    return value;
  };
