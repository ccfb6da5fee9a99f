import { Kind } from 'graphql';
import type { FieldNode } from 'graphql';

type Row = Record<string, unknown>;
export type Project = (row: Row) => Row;

/** The stand-in cannot render this selection; Shopify might. */
export class UnplayedSelection extends Error {}

/**
 * A selection compiled to a function: a million rows through graphql-js would take minutes. Fragments and nested
 * connections are not played; a field without data here throws, never gives a null.
 */
export function compileSelection(field: FieldNode): Project {
  const columns = (field.selectionSet?.selections ?? []).map((child) => {
    if (child.kind !== Kind.FIELD || child.directives?.length) {
      throw new UnplayedSelection('fragments and directives in a bulk query');
    }
    const below = child.selectionSet ? compileSelection(child) : undefined;
    return { key: child.alias?.value ?? child.name.value, name: child.name.value, below };
  });
  return (row) => {
    const out: Row = {};
    for (const { key, name, below } of columns) {
      if (!(name in row)) throw new UnplayedSelection(`${name} in a bulk query`);
      const value = row[name];
      out[key] = below && value !== null ? below(value as Row) : value;
    }
    return out;
  };
}

/** The `node` below `edges`. */
export function nodeOf(connection: FieldNode): FieldNode {
  const child = (field: FieldNode | undefined, name: string) =>
    field?.selectionSet?.selections.find(
      (selection): selection is FieldNode => selection.kind === Kind.FIELD && selection.name.value === name,
    );
  const node = child(child(connection, 'edges'), 'node');
  if (!node) throw new UnplayedSelection('a bulk query without edges > node');
  return node;
}
