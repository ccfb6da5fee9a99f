/** The compile functions that compileShapes calls. */
const shapes: (() => void)[] = [];

/**
 * Creates statements with optional conditions: one for each set of names that a call uses, compiled at its
 * first use and kept for ever. A shape contains names, never a value of a caller. Rejected: compiling at each
 * call, which costs 35 us. Rejected: one text with `$2 is null or ...`, which keeps the planner from using an
 * index. Rejected: compiling all sets at the start, of which there are hundreds.
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

/** Compiles every statement that a call could use, for the checks of all statements. */
export const compileShapes = (): void => shapes.forEach((compile) => compile());

const subsetsOf = <T>(all: readonly T[]): T[][] =>
  all.reduce<T[][]>((subsets, one) => [...subsets, ...subsets.map((subset) => [...subset, one])], [[]]);

/**
 * Returns the types of the parameters that a shape uses. A caller passes values for all parameters; values of
 * unused ones are not sent.
 */
export const pickParams = <P extends object>(params: P, used: readonly (keyof P)[]): P =>
  Object.fromEntries(used.map((name) => [name, params[name]])) as P;
