import { readDecimal } from './exact-integer.ts';

/** Words that programs write in place of a missing id. */
const WORDS = ['undefined', 'null', 'nil', 'none', 'nan', 'n/a', 'true', 'false', '[object object]'];

/**
 * Returns whether a string is probably not an id: a number with a sign, a fraction or an exponent, or a word
 * for "none". An rpc may have stored such a value as an id, so callers first search for a customer who has
 * it.
 */
export const isPlaceholderId = (text: string): boolean =>
  WORDS.includes(text.toLowerCase()) || (readDecimal(text) !== undefined && !/^\d+$/.test(text));
