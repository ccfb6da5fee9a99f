import type { FieldStack } from '../field/stack.ts';

/** The result of an input. */
export interface Outcome {
  entryPoint: string;
  input: string;
  expected: string;
  actual: string;
}

/**
 * An entry point of the service. It describes an outcome without ids and times, so that it can be compared.
 */
export interface EntryPoint<I> {
  name: string;
  /** Formats an input for the table. */
  show(input: I): string;
  /** Sends independent inputs. @returns the outcome of each, in the same order */
  send(stack: FieldStack, inputs: readonly I[], signal: AbortSignal): Promise<string[]>;
}

/** Cases of one entry point. */
export interface CaseGroup {
  run(stack: FieldStack, signal: AbortSignal): Promise<Outcome[]>;
}

export interface Section {
  title: string;
  groups: readonly CaseGroup[];
  /** Cases that need separate servers, each with the spec that proves it. */
  specs?: readonly (readonly [what: string, spec: string])[];
}

/** Builds cases from rows of data: an input and its required outcome. */
export const expectEach = <I>(
  entryPoint: EntryPoint<I>,
  rows: readonly (readonly [input: I, expected: string])[],
): CaseGroup => ({
  async run(stack, signal) {
    const inputs = rows.map(([input]) => input);
    const actual = await entryPoint.send(stack, inputs, signal);
    return rows.map(([input, expected], n) => ({
      entryPoint: entryPoint.name,
      input: entryPoint.show(input),
      expected,
      actual: actual[n] ?? 'nothing',
    }));
  },
});

/** Builds cases in which every input must have the same outcome. */
export const expectAll = <I>(entryPoint: EntryPoint<I>, expected: string, inputs: readonly I[]): CaseGroup =>
  expectEach(
    entryPoint,
    inputs.map((input) => [input, expected] as const),
  );
