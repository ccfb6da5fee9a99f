import { invalid } from '@core/runtime';

/** The maximum length of an id. Two ids of any characters fit into one index entry. */
export const LONGEST_ID = 255;
export const LONGEST_EMAIL = 320;
/** Of a segment's name, in the settings as in a score. */
export const LONGEST_SEGMENT = 64;

const VISIBLE = /^\P{C}*$/u;

/**
 * What is wrong with a text that ends in a row, by whichever door it comes; undefined: nothing. Visible characters on one
 * line, limited in number; a character may take two UTF-16 units. PostgreSQL refuses NUL in a text, an index refuses a
 * long one, and a reply has room for so many: this check names the field before anything is done.
 */
export function textProblem(value: string, longest: number): string | undefined {
  // First: the cost of all else grows with the length, and a caller may send a megabyte.
  if (value.length > longest && (value.length > 2 * longest || [...value].length > longest)) {
    return `must have at most ${longest} characters`;
  }
  return VISIBLE.test(value) ? undefined : 'must consist of visible characters';
}

/**
 * Returns an id or a name from an inbound record, or empty for "not given".
 * @throws CoreError invalid_argument naming the field
 */
export function eventText(field: string, value: string, longest = LONGEST_ID): string {
  const problem = textProblem(value, longest);
  if (problem) throw invalid(field, problem);
  return value;
}
