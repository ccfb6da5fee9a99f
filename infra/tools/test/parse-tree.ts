/** A node of a PostgreSQL parse tree: its fields by name. */
export type Node = Readonly<Record<string, unknown>>;

export const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** Returns the child node if it is of this kind. */
export const as = (value: unknown, kind: string): Node | undefined =>
  isNode(value) && isNode(value[kind]) ? value[kind] : undefined;

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Returns every node below with its kind. Does not descend into kinds for which `stop` returns true. */
export function* nodesOf(
  value: unknown,
  stop: (kind: string) => boolean = () => false,
): Generator<[kind: string, node: Node]> {
  if (Array.isArray(value)) {
    for (const each of value) yield* nodesOf(each, stop);
  } else if (isNode(value)) {
    for (const [kind, node] of Object.entries(value)) {
      if (isNode(node) && !Array.isArray(node)) yield [kind, node];
      if (!stop(kind)) yield* nodesOf(node, stop);
    }
  }
}

export const all = (value: unknown, kind: string): Node[] =>
  [...nodesOf(value)].flatMap(([of, node]) => (of === kind ? [node] : []));

/** Returns the parts of a name, without a star. */
export const partsOf = (names: unknown): string[] =>
  list(names).flatMap((part) => {
    const text = as(part, 'String');
    return text ? [String(text.sval)] : [];
  });

export const nameOf = (names: unknown): string => partsOf(names).join('.');

/** Removes the casts around an expression. */
export function uncast(value: unknown): unknown {
  const cast = as(value, 'TypeCast');
  return cast ? uncast(cast.arg) : value;
}
