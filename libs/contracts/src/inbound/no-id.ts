import { readDecimal } from './exact-integer.ts';

/** Words that programs write in place of an id that they do not have. */
const WORDS = ['undefined', 'null', 'nil', 'none', 'nan', 'n/a', 'true', 'false', '[object object]'];

/**
 * Whether a text is hardly an id: a number with a sign, a fraction or an exponent, or a word for none. An rpc may have
 * stored it all the same, so whoever takes it looks for its holder first.
 */
export const isNoId = (text: string): boolean =>
  WORDS.includes(text.toLowerCase()) || (readDecimal(text) !== undefined && !/^\d+$/.test(text));
