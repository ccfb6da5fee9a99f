import { Kind } from 'graphql';
import type { FieldNode } from 'graphql';

type Row = Record<string, unknown>;
export type Project = (row: Row) => Row;

/** The stand-in cannot render this selection, although Shopify might. */
export class UnsupportedSelection extends Error {}

/**
 * Compiles a selection to a function, because a million rows through graphql-js would take minutes. Fragments
 * and nested connections are not implemented. A field without data in the stand-in throws instead of
 * returning null.
 */
export function compileSelection(field: FieldNode): Project {
  const columns = (field.selectionSet?.selections ?? []).map((child) => {
    if (child.kind !== Kind.FIELD || child.directives?.length) {
      throw new UnsupportedSelection('fragments and directives in a bulk query');
    }
    const below = child.selectionSet ? compileSelection(child) : undefined;
    return { key: child.alias?.value ?? child.name.value, name: child.name.value, below };
  });
  return (row) => {
    const out: Row = {};
    for (const { key, name, below } of columns) {
      if (!(name in row)) throw new UnsupportedSelection(`${name} in a bulk query`);
      const value = row[name];
      out[key] = below && value !== null ? below(value as Row) : value;
    }
    return out;
  };
}

/** Returns the `node` field below `edges`. */
export function nodeOf(connection: FieldNode): FieldNode {
  const child = (field: FieldNode | undefined, name: string) =>
    field?.selectionSet?.selections.find(
      (selection): selection is FieldNode => selection.kind === Kind.FIELD && selection.name.value === name,
    );
  const node = child(child(connection, 'edges'), 'node');
  if (!node) throw new UnsupportedSelection('a bulk query without edges > node');
  return node;
}
