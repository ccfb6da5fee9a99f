// The one rule of what can be stored, for every door: rpcs, events, webhooks and imports. Checked value by value, because
// PostgreSQL refuses the whole statement, and with it everybody else whom the statement stores.

/** The maximum length of an id. Two ids of any characters fit into one index entry. */
export const LONGEST_ID = 255;
export const LONGEST_EMAIL = 320;
/** The maximum length of a segment's name, in the settings as in a score. */
export const LONGEST_SEGMENT = 64;

/** PostgreSQL refuses NUL; jsonb refuses half of a surrogate pair, and in a text it would become another character. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** The form of an unstorable text for a log: it is cut, and has U+FFFD for each character that cannot be stored. */
export const storableText = (text: string, longest: number): string =>
  (text.length > longest ? [...text.slice(0, 2 * longest)].slice(0, longest).join('') : text)
    .toWellFormed()
    .replaceAll('\0', '\uFFFD');

/**
 * Control and format characters, ends of lines, fillers, and the blanks of Braille, music and hieroglyphs,
 * which no property of Unicode names. Two texts that differ in these alone look alike.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]/u;
/** A character that is neither one of these nor a space. */
const SEEN =
  /[^\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\p{White_Space}]/u;

/** The selector behind a pictograph, as most keyboards write a heart, and that within a keycap: they change what is seen. */
const SELECTORS = /(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?<=[#*\d])\ufe0f(?=\u20e3)/gu;

const NO_SPACE = /\P{White_Space}/u;

/** Whether each character of a text can be seen, and not all of them are spaces. An empty text is visible. */
export const isVisible = (text: string): boolean =>
  (!INVISIBLE.test(text) || !INVISIBLE.test(text.replace(SELECTORS, ''))) &&
  (text === '' || NO_SPACE.test(text));

/** Whether a reader sees nothing of a text: it is empty, or consists of spaces and of characters that cannot be seen. */
export const isBlank = (text: string): boolean => !SEEN.test(text);

/** Whether a text has more characters than that. Those beyond U+FFFF are one each, not the two units of a string. */
export const isLonger = (text: string, characters: number): boolean =>
  text.length > characters && (text.length > 2 * characters || [...text].length > characters);

/**
 * The fault of a text that is to be stored in a row, whichever door it comes through; undefined: none. It has visible
 * characters on one line, limited in number; a character may take two UTF-16 units. An index refuses a long text, and a
 * reply has limited room: this check names the field before anything is done.
 */
export function textProblem(value: string, longest: number): string | undefined {
  // First: the cost of all else grows with the length, and a caller may send a megabyte.
  if (isLonger(value, longest)) return `must have at most ${longest} characters`;
  return isVisible(value) ? undefined : 'must consist of visible characters';
}

/** protobuf's own limits of a time, the years 1 to 9999. A Date may be one that PostgreSQL does not know. */
export const FIRST_SECOND = -62_135_596_800;
export const LAST_SECOND = 253_402_300_799;

/** The maximum size of a customer's metadata: as JSON in UTF-8 without space, and with each number written out. */
export const LARGEST_METADATA = 64 * 1024;

/**
 * Objects and lists in one another, the metadata being the first. Readers of protobuf stop at 100 messages by
 * default, and a level takes three of them: metadata that comes as JSON must be readable there, too.
 */
export const DEEPEST_METADATA = 32;

/** The faults that metadata can have, in words that follow the field's name. */
export const METADATA_PROBLEMS = {
  too_deep: `must be nested at most ${DEEPEST_METADATA} levels deep`,
  characters: 'must not contain NUL or half of a surrogate pair',
  numbers: 'must hold finite numbers: neither 1e400 nor NaN can be stored',
  too_large: `must be at most ${LARGEST_METADATA / 1024} KiB as JSON`,
} as const;

export type MetadataProblem = keyof typeof METADATA_PROBLEMS;

/**
 * The fault that keeps a JSON object from being stored, in a name or a value; undefined: none. Any text is a name, also
 * `__proto__`.
 */
export function metadataProblem(metadata: object): MetadataProblem | undefined {
  // The upper bound of its size: only metadata that may be too large is written to be counted.
  let most = 0;
  let digits = 0;
  const look = (value: unknown, level: number): MetadataProblem | undefined => {
    most += 6;
    if (typeof value === 'string') {
      most += 6 * value.length;
      return isStorable(value) ? undefined : 'characters';
    }
    if (typeof value === 'number') {
      most += LONGEST_NUMBER;
      digits += digitsAdded(value);
      return Number.isFinite(value) ? undefined : 'numbers';
    }
    if (value === null || typeof value !== 'object') return undefined;
    if (level > DEEPEST_METADATA) return 'too_deep';
    if (Array.isArray(value)) return firstOf(value, (each) => look(each, level + 1));
    return firstOf(Object.entries(value), ([name, each]) => look(name, level) ?? look(each, level + 1));
  };
  const problem = look(metadata, 1);
  if (problem || most + digits <= LARGEST_METADATA) return problem;
  return Buffer.byteLength(JSON.stringify(metadata)) + digits > LARGEST_METADATA ? 'too_large' : undefined;
}

function firstOf<T, R>(values: readonly T[], look: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = look(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** -1.2345678901234567e-100 */
const LONGEST_NUMBER = 24;

/** The characters that jsonb adds to a number with an exponent: it keeps 1e300 as 301 digits. */
function digitsAdded(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-6 && size < 1e21) || !Number.isFinite(size)) return 0;
  const text = String(size);
  const [mantissa = '', exponent] = text.split('e');
  const power = Number(exponent);
  const written = power > 0 ? power + 1 : 1 - power + mantissa.replace('.', '').length;
  return written - text.length;
}
