import { invalid } from '@core/runtime';

/** The maximum length of an id. Two ids of any characters fit into one index entry. */
export const LONGEST_ID = 255;

const VISIBLE = /^\P{C}*$/u;

/**
 * Returns an id or a name from an inbound record, or empty for "not given": visible characters, limited in
 * number. PostgreSQL refuses NUL in a text, and an index refuses a long one: this check names the field,
 * before the record costs a transaction.
 * @throws CoreError invalid_argument naming the field
 */
export function eventText(field: string, value: string, longest = LONGEST_ID): string {
  if (value.length > longest) throw invalid(field, `must have at most ${longest} characters`);
  if (!VISIBLE.test(value)) throw invalid(field, 'must consist of visible characters');
  return value;
}
