import { createContext, use } from 'react';
import type { RefusedField } from '../../transport/explain-error.ts';

/** The field that the api refuses in the draft. */
export const ProblemContext = createContext<RefusedField | undefined>(undefined);

interface FieldProblem {
  text: string | undefined;
  /** For the input of the field. */
  input: { 'aria-invalid': true; 'aria-describedby': string } | undefined;
  id: string;
}

/** @param at the path of the field below rfm_thresholds, as the api writes it */
export function useProblem(at: string): FieldProblem {
  const problem = use(ProblemContext);
  const id = `problem-${at.replace(/[^a-z0-9]+/g, '-')}`;
  if (problem?.field !== `rfm_thresholds.${at}`) return { text: undefined, input: undefined, id };
  return { text: problem.text, input: { 'aria-invalid': true, 'aria-describedby': id }, id };
}

/** The sentence of the api below its field. */
export function Problem({ text, id }: Pick<FieldProblem, 'text' | 'id'>) {
  return text === undefined ? null : (
    <p id={id} className="thresholds-problem">
      {text}
    </p>
  );
}
