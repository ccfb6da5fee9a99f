import type { Choices } from '../requests/choices.ts';
import type { FieldStack } from './stack.ts';

export interface FieldInput {
  stack: FieldStack;
  choices: Choices;
  /** How many inputs. */
  count: number;
  signal: AbortSignal;
  /** Told how many inputs are sent, then how many are handled. */
  progress(inputs: number): void;
}

/**
 * How an input may end, and in no other way:
 * - applied: it had its effect, if only that of saying nothing new
 * - refused: the sender is told why, or the merchant is
 * - dead letter: it is kept with the reason, for an operator
 * - pending: a privacy request that waits to be answered, or to be sent again, with its deadline
 */
export type End =
  'applied' | 'pending' | `refused: ${string}` | `dead letter: ${string}` | `pending: ${string}`;

export interface FieldVerdict {
  /** The number of inputs for each end. */
  ends: ReadonlyMap<End, number>;
  /** Empty when each input ended as it must, with a reason that names something. */
  violations: string[];
}

/** Inputs of one format that come from outside, as a generator makes them. */
export interface FieldFormat {
  name: string;
  run(input: FieldInput): Promise<FieldVerdict>;
}

/** Reasons that name nothing: an input that has one has met a bug. */
const NAMELESS = ['', 'null', 'undefined', 'unforeseen', 'transient_exhausted'];

/** Counts ends, and keeps the first of each violation. */
export function createTally() {
  const ends = new Map<End, number>();
  const violations = new Map<string, { n: number; first: string }>();
  /** @param what of a kind; @param detail of this one, for who looks for it */
  const violated = (what: string, detail: string) => {
    const before = violations.get(what);
    violations.set(what, before ? { ...before, n: before.n + 1 } : { n: 1, first: detail });
  };
  return {
    violated,
    /** @param detail of this one, should its reason name nothing */
    end(end: End, detail: string, n = 1) {
      if (n > 0) ends.set(end, (ends.get(end) ?? 0) + n);
      const [, reason] = /^[a-z ]+: (.*)$/.exec(end) ?? [];
      if (reason !== undefined && NAMELESS.includes(reason)) violated(`ended as ${end}`, detail);
    },
    verdict: (): FieldVerdict => ({
      ends: new Map([...ends].sort(([one], [other]) => (one < other ? -1 : 1))),
      violations: [...violations].map(([what, { n, first }]) => `${n} ${what}, such as ${first}`),
    }),
  };
}
export type Tally = ReturnType<typeof createTally>;
