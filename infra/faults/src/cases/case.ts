import type { FieldStack } from '../field/stack.ts';

/** The result of an input. */
export interface Outcome {
  door: string;
  input: string;
  expected: string;
  got: string;
}

/**
 * An entry point of the service. It describes an outcome without ids and times, so that it can be compared.
 */
export interface Door<I> {
  name: string;
  /** Formats an input for the table. */
  show(input: I): string;
  /** Sends independent inputs. @returns the outcome of each, in the same order */
  send(stack: FieldStack, inputs: readonly I[], signal: AbortSignal): Promise<string[]>;
}

/** Cases of one door. */
export interface Part {
  run(stack: FieldStack, signal: AbortSignal): Promise<Outcome[]>;
}

export interface Section {
  title: string;
  parts: readonly Part[];
  /** Cases that need separate servers, each with the spec that proves it. */
  specs?: readonly (readonly [what: string, spec: string])[];
}

/** Builds a part from rows of data: an input and its required outcome. */
export const through = <I>(
  door: Door<I>,
  rows: readonly (readonly [input: I, expected: string])[],
): Part => ({
  async run(stack, signal) {
    const inputs = rows.map(([input]) => input);
    const got = await door.send(stack, inputs, signal);
    return rows.map(([input, expected], n) => ({
      door: door.name,
      input: door.show(input),
      expected,
      got: got[n] ?? 'nothing',
    }));
  },
});

/** Builds a part in which every input must have the same outcome. */
export const allThrough = <I>(door: Door<I>, expected: string, inputs: readonly I[]): Part =>
  through(
    door,
    inputs.map((input) => [input, expected] as const),
  );
