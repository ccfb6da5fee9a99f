import { sql, type Column, type GetColumnData, type SQL } from 'drizzle-orm';

/** The fields of a row: columns, or expressions with their type, such as sql<number>`count(*)::int`. */
export type Shape = Readonly<Record<string, Column | SQL>>;

export type FieldOf<F> = F extends Column ? GetColumnData<F> : F extends SQL<infer T> ? T : never;

/** The row that a shape describes. */
export type RowOf<S extends Shape> = { -readonly [K in keyof S]: FieldOf<S[K]> };

/**
 * Fields that the query builder selects and returns. As a chunk of a template it is the list of the fields.
 */
export type Fields = Record<string, SQL.Aliased>;

/** Returns the shape's fields, each `as "name"`. */
export function columns(shape: Shape): Fields {
  const list = Object.entries(shape).map(([name, field]) => sql`${field} as ${sql.identifier(name)}`);
  return asChunk(
    mapShape(shape, (field, name) => sql`${field}`.as(name)),
    sql.join(list, sql`, `),
  );
}

export const mapShape = <T>(
  shape: Shape,
  make: (field: Column | SQL, name: string) => T,
): Record<string, T> =>
  Object.fromEntries(Object.entries(shape).map(([name, field]) => [name, make(field, name)]));

/**
 * Gives an object of fields its own text in templates. The property is not enumerable, because it is not a
 * field.
 */
export const asChunk = <T extends object>(fields: T, chunk: SQL): T =>
  Object.defineProperties(fields, {
    getSQL: { value: () => chunk },
    shouldOmitSQLParens: { value: () => true },
  });

/** One row per written row, for statements of which only the number of rows counts. */
export const ONE = { one: sql<number>`1` };

/** Whether the value is in the array. */
export const oneOf = (value: Column | SQL, array: SQL): SQL => sql`${value} = any(${array})`;

/**
 * The index of the value in an ascending array of distinct values, or the index of the next smaller one. It
 * is a binary search, while `= any` of a parameter compares one by one. It needs no join, which PostgreSQL
 * may plan badly.
 */
export const indexIn = (ascending: SQL, value: Column | SQL): SQL =>
  sql`width_bucket(${value}, ${ascending})`;

/** The element at the index, or NULL if the array has no such index. */
export const elementAt = (array: SQL, index: SQL): SQL => sql`(${array})[${index}]`;
