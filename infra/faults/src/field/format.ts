import type { Choices } from '../requests/choices.ts';
import type { FieldStack } from './stack.ts';

export interface FieldInput {
  stack: FieldStack;
  choices: Choices;
  /** The number of inputs. */
  count: number;
  signal: AbortSignal;
  /** Called with the number of sent inputs, then with the number of processed ones. */
  progress(inputs: number): void;
}

/**
 * The only permitted outcomes of an input:
 * - applied: it had its effect, or contained nothing new
 * - refused: the sender or the merchant gets the reason
 * - dead letter: it is kept with the reason, for an operator
 * - pending: a privacy request that waits to be answered, or to be sent again, with its deadline
 */
export type InputOutcome =
  'applied' | 'pending' | `refused: ${string}` | `dead letter: ${string}` | `pending: ${string}`;

export interface FieldVerdict {
  /** The number of inputs for each outcome. */
  outcomes: ReadonlyMap<InputOutcome, number>;
  /** Empty when each input had its required outcome, with a meaningful reason. */
  violations: string[];
}

/** Generated inputs of one external format. */
export interface FieldFormat {
  name: string;
  run(input: FieldInput): Promise<FieldVerdict>;
}

/** Meaningless reasons: an input with one of them has triggered a bug. */
const MEANINGLESS_REASONS = ['', 'null', 'undefined', 'unforeseen', 'transient_exhausted'];

/** Counts outcomes, and keeps the first example of each violation. */
export function createTally() {
  const outcomes = new Map<InputOutcome, number>();
  const violations = new Map<string, { n: number; first: string }>();
  /** @param what the kind of violation @param detail this example, for the investigation */
  const violated = (what: string, detail: string) => {
    const before = violations.get(what);
    violations.set(what, before ? { ...before, n: before.n + 1 } : { n: 1, first: detail });
  };
  return {
    violated,
    /** @param detail this example, for the case that its reason is meaningless */
    count(outcome: InputOutcome, detail: string, n = 1) {
      if (n > 0) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + n);
      const [, reason] = /^[a-z ]+: (.*)$/.exec(outcome) ?? [];
      if (reason !== undefined && MEANINGLESS_REASONS.includes(reason))
        violated(`ended as ${outcome}`, detail);
    },
    verdict: (): FieldVerdict => ({
      outcomes: new Map([...outcomes].sort(([one], [other]) => (one < other ? -1 : 1))),
      violations: [...violations].map(([what, { n, first }]) => `${n} ${what}, such as ${first}`),
    }),
  };
}
export type Tally = ReturnType<typeof createTally>;
