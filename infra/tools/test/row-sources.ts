import { value, type Known, type Value } from './known-values.ts';
import { as, list, partsOf, uncast, type Node } from './parse-tree.ts';

/** Rows with named columns, such as an item of FROM. */
export interface Source {
  readonly name: string;
  /** Returns the column; undefined if there is none of that name. */
  column(name: string): Value | undefined;
}

/** The row sources of a query, and the scope of the query around it. */
export interface Scope {
  readonly sources: Source[];
  readonly ctes: Map<string, Output>;
  readonly outer: Scope | undefined;
}

/** The columns of a query's result, in order. */
export interface Output {
  readonly names: readonly (string | undefined)[];
  readonly values: readonly Value[];
  /** Sources that are included with all columns by `*`. */
  readonly stars: readonly Source[];
}

export const NOTHING: Output = { names: [], values: [], stars: [] };

export const inside = (outer: Scope | undefined): Scope => ({
  sources: [],
  ctes: new Map(outer?.ctes),
  outer,
});

/**
 * Returns a table as a row source. A column is the same value wherever the statement reads it from this
 * source.
 */
export function tableSource(name: string, columns: ReadonlySet<string>): Source {
  const known = new Map([...columns].map((column) => [column, value()]));
  return { name, column: (column) => known.get(column) };
}

/**
 * Returns the rows of a query or function as a row source, with columns renamed by the alias. A value that is
 * known inside is known outside. A condition outside does not restrict the rows inside, because a LIMIT or
 * OFFSET may apply there.
 */
export function derivedSource(name: string, { names, values, stars }: Output, renamed: unknown): Source {
  const renames = partsOf(renamed);
  const read = new Map<string, Value>();
  return {
    name,
    column(column) {
      const at = [...values.keys()].findLast((n) => (renames[n] ?? names[n]) === column);
      const inner = at === undefined ? stars.flatMap((of) => of.column(column) ?? [])[0] : values[at];
      if (!inner) return undefined;
      const outer = read.get(column) ?? { equals: [inner] };
      read.set(column, outer);
      return outer;
    },
  };
}

const ROWS_OF_ARRAYS = ['unnest', 'pg_catalog.unnest'];
const ROWS_OF_JSON = ['jsonb_to_recordset', 'json_to_recordset'];

/** Returns the rows of functions in FROM. A value is `given` when it comes from a parameter only. */
export function functionOutput({ functions, coldeflist }: Node): Output {
  const columns = list(functions).flatMap((each): [string | undefined, Value][] => {
    const [call, definitions] = list(as(each, 'List')?.items);
    const { funcname, args } = as(call, 'FuncCall') ?? {};
    const name = partsOf(funcname).join('.');
    const given = list(args).map((arg): Known => (as(uncast(arg), 'ParamRef') ? 'given' : undefined));
    if (ROWS_OF_ARRAYS.includes(name)) return given.map((known) => [undefined, value(known)]);
    const known = ROWS_OF_JSON.includes(name) ? given[0] : undefined;
    return list(as(definitions, 'List')?.items ?? coldeflist).map((definition) => [
      String(as(definition, 'ColumnDef')?.colname),
      value(known),
    ]);
  });
  return { names: columns.map(([name]) => name), values: columns.map(([, each]) => each), stars: [] };
}

/** Returns the column that an expression refers to, and its source. */
export function resolve(expression: unknown, scope: Scope): { source: Source; value: Value } | undefined {
  const parts = partsOf(as(uncast(expression), 'ColumnRef')?.fields);
  const column = parts.at(-1);
  if (column === undefined) return undefined;
  const [table] = parts.slice(-2, -1);
  for (let at: Scope | undefined = scope; at; at = at.outer) {
    for (const source of at.sources) {
      const found = table === undefined || source.name === table ? source.column(column) : undefined;
      if (found) return { source, value: found };
    }
  }
  return undefined;
}

/** Returns the value of an expression: a parameter, or the column that it refers to. */
export const valueOf = (expression: unknown, scope: Scope): Value =>
  as(uncast(expression), 'ParamRef') ? value('one') : (resolve(expression, scope)?.value ?? value());

/** Returns the columns of a target list. */
export function outputOf(targets: unknown, scope: Scope): Output {
  const names: (string | undefined)[] = [];
  const values: Value[] = [];
  const stars: Source[] = [];
  for (const target of list(targets)) {
    const { name, val } = as(target, 'ResTarget') ?? {};
    const { fields } = as(val, 'ColumnRef') ?? {};
    const star = list(fields).some((field) => as(field, 'A_Star'));
    if (star) {
      const [of] = partsOf(fields);
      stars.push(...scope.sources.filter((source) => of === undefined || source.name === of));
      continue;
    }
    names.push(name === undefined ? partsOf(fields).at(-1) : String(name));
    values.push(valueOf(val, scope));
  }
  return { names, values, stars };
}
