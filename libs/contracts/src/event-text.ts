import { invalid } from '@core/runtime';
import { LONGEST_ID, textProblem } from './storable.ts';

/**
 * Validates an id or a name from an inbound record.
 * @returns the value; empty means "not given"
 * @throws CoreError invalid_argument naming the field
 */
export function eventText(field: string, value: string, longest = LONGEST_ID): string {
  const problem = textProblem(value, longest);
  if (problem) throw invalid(field, problem);
  return value;
}
