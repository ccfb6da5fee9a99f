import type { Choices } from '../requests/choices.ts';
import type { FieldStack } from './stack.ts';

export interface FieldInput {
  stack: FieldStack;
  choices: Choices;
  /** How many inputs. */
  count: number;
  signal: AbortSignal;
}

export interface FieldVerdict {
  /** What became of the inputs: so many of each end. */
  ends: ReadonlyMap<string, number>;
  /** Empty when each input ended as applied, refused with a named reason, or pending. */
  violations: string[];
}

/** Inputs of one format that come from outside, as a generator makes them. */
export interface FieldFormat {
  name: string;
  run(input: FieldInput): Promise<FieldVerdict>;
}

/** Counts ends, and keeps the first of each violation. */
export function createTally() {
  const ends = new Map<string, number>();
  const violations = new Map<string, { n: number; first: string }>();
  return {
    end: (what: string, n = 1) => void ends.set(what, (ends.get(what) ?? 0) + n),
    /** @param what of a kind; @param detail of this one, for who looks for it */
    violated(what: string, detail: string) {
      const before = violations.get(what);
      violations.set(what, before ? { ...before, n: before.n + 1 } : { n: 1, first: detail });
    },
    verdict: (): FieldVerdict => ({
      ends: new Map([...ends].sort()),
      violations: [...violations].map(([what, { n, first }]) => `${n} ${what}, such as ${first}`),
    }),
  };
}
export type Tally = ReturnType<typeof createTally>;
