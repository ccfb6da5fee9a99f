/** For compileShapes. */
const shapes: (() => void)[] = [];

/**
 * Statements with optional conditions: one for each set of names that a call uses, compiled when it is asked for
 * first. Rejected: to compile for each call, which costs 35 us, one text with `$2 is null or ...`, which keeps the planner
 * from an index, and all sets at the start, of which there are hundreds. A shape holds names, never a value of a caller:
 * it is kept for ever.
 * @param optional the names that a call may use
 */
export function perShape<const Name extends string, S>(
  optional: readonly Name[],
  make: (used: readonly Name[]) => S,
): (used: readonly Name[]) => S {
  const made = new Map<string, S>();
  const shapeOf = (asked: readonly Name[]): S => {
    const used = optional.filter((name) => asked.includes(name));
    const key = used.join();
    const known = made.get(key);
    if (known) return known;
    const fresh = make(used);
    made.set(key, fresh);
    return fresh;
  };
  shapes.push(() => subsetsOf(optional).forEach(shapeOf));
  return shapeOf;
}

/** Compiles every statement that a call could ask for, for the checks of all statements. */
export const compileShapes = (): void => shapes.forEach((compile) => compile());

const subsetsOf = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((subsets, one) => [...subsets, ...subsets.map((subset) => [...subset, one])], [[]]);

/** The types of the parameters that a shape uses; a caller gives values for all, and those of the others are not sent. */
export const only = <P extends object>(params: P, used: readonly (keyof P)[]): P =>
  Object.fromEntries(used.map((name) => [name, params[name]])) as P;
