import type { FieldStack } from '../field/stack.ts';

/** The result of an input. */
export interface Outcome {
  door: string;
  input: string;
  expected: string;
  got: string;
}

/** A way into the service. It says what became of an input in words without ids and times, so that they can be compared. */
export interface Door<I> {
  name: string;
  /** As the table prints it. */
  show(input: I): string;
  /** Sends inputs that have nothing to do with each other. @returns what became of each, in their order */
  send(stack: FieldStack, inputs: readonly I[], signal: AbortSignal): Promise<string[]>;
}

/** Cases of one door. */
export interface Part {
  run(stack: FieldStack, signal: AbortSignal): Promise<Outcome[]>;
}

export interface Section {
  title: string;
  parts: readonly Part[];
  /** Cases that need servers of their own, each with the spec that proves it there. */
  specs?: readonly (readonly [what: string, spec: string])[];
}

/** Rows of data: an input and what must become of it. */
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

/** The same, where every input must come to the same end. */
export const allThrough = <I>(door: Door<I>, expected: string, inputs: readonly I[]): Part =>
  through(
    door,
    inputs.map((input) => [input, expected] as const),
  );
