import { invalid } from '@core/runtime';
import { LONGEST_ID, textProblem } from './storable.ts';

/**
 * Returns an id or a name from an inbound record, or empty for "not given".
 * @throws CoreError invalid_argument naming the field
 */
export function eventText(field: string, value: string, longest = LONGEST_ID): string {
  const problem = textProblem(value, longest);
  if (problem) throw invalid(field, problem);
  return value;
}
