import { invalid } from '@core/runtime';

/** The most characters of an id. Two of them fit into one entry of an index, whatever characters they are of. */
export const LONGEST_ID = 255;

const VISIBLE = /^\P{C}*$/u;

/**
 * An id or a name from an inbound record, or empty for "not given": visible characters, and few of them. PostgreSQL
 * refuses NUL in a text, and an index refuses a long one: here the field is named, before the record costs a transaction.
 * @throws CoreError invalid_argument naming the field
 */
export function eventText(field: string, value: string, longest = LONGEST_ID): string {
  if (value.length > longest) throw invalid(field, `must have at most ${longest} characters`);
  if (!VISIBLE.test(value)) throw invalid(field, 'must consist of visible characters');
  return value;
}
