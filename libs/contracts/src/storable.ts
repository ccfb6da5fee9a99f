// The single rule for storable values at all entry points: rpcs, events, webhooks and imports. Values are
// checked one by one, because PostgreSQL refuses the whole statement, including all other customers that it
// stores.

/** The maximum length of an id. Two ids of any characters fit into one index entry. */
export const LONGEST_ID = 255;
export const LONGEST_EMAIL = 320;
/** The maximum length of a segment's name, in settings and in scores. */
export const LONGEST_SEGMENT = 64;

/**
 * PostgreSQL refuses NUL. jsonb refuses an unpaired surrogate, which would become another character in a text
 * column.
 */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();

/** Returns a text for a log: truncated, and with U+FFFD for each character that cannot be stored. */
export const storableText = (text: string, longest: number): string =>
  (text.length > longest ? [...text.slice(0, 2 * longest)].slice(0, longest).join('') : text)
    .toWellFormed()
    .replaceAll('\0', '\uFFFD');

/**
 * Control and format characters, line ends, fillers, and the blanks of Braille, music and hieroglyphs, which
 * no Unicode property covers. Two texts that differ only in these look alike.
 */
const INVISIBLE = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}]/u;
/** A character that is neither invisible nor a space. */
const SEEN =
  /[^\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\u{1d159}\u{13441}\u{13442}\p{White_Space}]/u;

/**
 * The selector after a pictograph, as most keyboards write a heart, and the one within a keycap. They change
 * what is displayed.
 */
const SELECTORS = /(?<=\p{Extended_Pictographic})[\ufe0e\ufe0f]|(?<=[#*\d])\ufe0f(?=\u20e3)/gu;

const NO_SPACE = /\P{White_Space}/u;

/**
 * Returns whether every character of a text is visible and not all of them are spaces. An empty text is
 * visible.
 */
export const isVisible = (text: string): boolean =>
  (!INVISIBLE.test(text) || !INVISIBLE.test(text.replace(SELECTORS, ''))) &&
  (text === '' || NO_SPACE.test(text));

/** Returns whether a text displays nothing: it is empty, or consists of spaces and invisible characters. */
export const isBlank = (text: string): boolean => !SEEN.test(text);

/**
 * Returns whether a text has more than `characters` characters. One beyond U+FFFF counts once, not as the two
 * units of a string.
 */
export const isLonger = (text: string, characters: number): boolean =>
  text.length > characters && (text.length > 2 * characters || [...text].length > characters);

/**
 * Returns the fault of a text that is to be stored in a row, from any entry point; undefined if none. The
 * text must have visible characters on one line, limited in number; a character may have two UTF-16 units. An
 * index refuses a long text, and a reply has limited room. This check names the field before anything is
 * done.
 */
export function textProblem(value: string, longest: number): string | undefined {
  // Checked first: the cost of the rest grows with the length, and a caller may send a megabyte.
  if (isLonger(value, longest)) return `must have at most ${longest} characters`;
  return isVisible(value) ? undefined : 'must consist of visible characters';
}

/** protobuf's own limits for a time, the years 1 to 9999. A Date may lie outside the range of PostgreSQL. */
export const FIRST_SECOND = -62_135_596_800;
export const LAST_SECOND = 253_402_300_799;

/**
 * The maximum size of a customer's metadata: as JSON in UTF-8 without whitespace, and with each number
 * written without an exponent.
 */
export const LARGEST_METADATA = 64 * 1024;

/**
 * The maximum nesting of objects and lists; the metadata itself is the first level. Readers of protobuf stop
 * at 100 nested messages by default, and a level takes three of them. Metadata that arrives as JSON must be
 * readable there, too.
 */
export const DEEPEST_METADATA = 32;

/** The faults of metadata, worded to follow the field's name. */
export const METADATA_PROBLEMS = {
  too_deep: `must be nested at most ${DEEPEST_METADATA} levels deep`,
  characters: 'must not contain NUL or an unpaired surrogate',
  numbers: 'must contain only finite numbers: 1e400 and NaN cannot be stored',
  too_large: `must be at most ${LARGEST_METADATA / 1024} KiB as JSON`,
} as const;

export type MetadataProblem = keyof typeof METADATA_PROBLEMS;

/**
 * Returns the fault that prevents a JSON object from being stored, in a name or a value; undefined when it
 * has none. Any string is a valid name, including `__proto__`.
 */
export function metadataProblem(metadata: object): MetadataProblem | undefined {
  // An upper bound of the size. Only metadata that may be too large is serialized and measured.
  let most = 0;
  let digits = 0;
  const check = (value: unknown, level: number): MetadataProblem | undefined => {
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
    if (Array.isArray(value)) return firstOf(value, (each) => check(each, level + 1));
    return firstOf(Object.entries(value), ([name, each]) => check(name, level) ?? check(each, level + 1));
  };
  const problem = check(metadata, 1);
  if (problem || most + digits <= LARGEST_METADATA) return problem;
  return Buffer.byteLength(JSON.stringify(metadata)) + digits > LARGEST_METADATA ? 'too_large' : undefined;
}

function firstOf<T, R>(values: readonly T[], check: (value: T) => R | undefined): R | undefined {
  for (const value of values) {
    const found = check(value);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** -1.2345678901234567e-100 */
const LONGEST_NUMBER = 24;

/**
 * Returns the number of characters that jsonb adds to a number with an exponent: it keeps 1e300 as 301
 * digits.
 */
function digitsAdded(value: number): number {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-6 && size < 1e21) || !Number.isFinite(size)) return 0;
  const text = String(size);
  const [mantissa = '', exponent] = text.split('e');
  const power = Number(exponent);
  const written = power > 0 ? power + 1 : 1 - power + mantissa.replace('.', '').length;
  return written - text.length;
}
