/**
 * How a value is known before the statement runs: `one` is the value of a parameter, `given` an element of an
 * array or JSON parameter.
 */
export type Known = 'one' | 'given' | undefined;

/** A value of a statement, such as a column of one of its row sources. */
export interface Value {
  readonly known?: Known;
  /** Values that it equals in every row. It is known as well as the best known of them. */
  readonly equals: Value[];
  /** The values of rows that come from several sources. It is known as well as the least known of them. */
  readonly arms?: readonly Value[];
}

export const value = (known?: Known): Value => ({ known, equals: [] });

const STRENGTH = { one: 2, given: 1, none: 0 } as const;
const strengthOf = (known: Known): number => STRENGTH[known ?? 'none'];

export function knownBy(of: Value, seen: Set<Value> = new Set()): Known {
  if (seen.has(of)) return undefined;
  seen.add(of);
  const ways = of.equals.map((other) => knownBy(other, seen));
  if (of.arms)
    ways.push(
      pick(
        of.arms.map((arm) => knownBy(arm, new Set(seen))),
        Math.min,
      ),
    );
  return pick([of.known, ...ways], Math.max);
}

const pick = (each: readonly Known[], by: (...of: number[]) => number): Known =>
  each.find((known) => strengthOf(known) === by(...each.map(strengthOf)));
