/**
 * Statements with optional conditions: one for each set of parameters that a call uses, compiled when it is asked for
 * first. Rejected: to compile for each call, which costs 35 us, and one text with `$2 is null or ...`, which keeps the
 * planner from an index. A shape holds names, never a value of a caller: it is kept for ever.
 */
export function perShape<Name extends string, S>(
  make: (used: readonly Name[]) => S,
): (used: readonly Name[]) => S {
  const made = new Map<string, S>();
  return (used) => {
    const key = used.join();
    const known = made.get(key);
    if (known) return known;
    const fresh = make(used);
    made.set(key, fresh);
    return fresh;
  };
}

/** The types of the parameters that a shape uses; a caller gives values for all, and those of the others are not sent. */
export const only = <P extends object>(params: P, used: readonly (keyof P)[]): P =>
  Object.fromEntries(used.map((name) => [name, params[name]])) as P;
