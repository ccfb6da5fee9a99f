import { sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { asChunk, mapShape, type FieldOf, type Shape } from './columns.ts';
import { readAs } from './decode.ts';

/**
 * References to the fields of rows that are not in a table. As a chunk of a template it is the item for FROM
 * or WITH.
 */
export type Relation<S extends Shape> = { readonly [K in keyof S]: SQL<FieldOf<S[K]>> };

/** A CTE or a subquery that selects `columns(shape)`. As a chunk of a template it is its name. */
export const relation = <S extends Shape>(alias: string, shape: S): Relation<S> =>
  asChunk(refer(alias, shape), sql`${sql.identifier(alias)}`) as unknown as Relation<S>;

type Arrays = Readonly<Record<string, SQL>>;
type Elements<A extends Arrays> = {
  [K in keyof A]: A[K] extends SQL<infer T> ? SQL<T extends readonly (infer E)[] ? E : never> : never;
};

/** Arrays of equal length as rows: row n has the nth element of each array. */
export const unnest = <A extends Arrays>(alias: string, arrays: A): Relation<Elements<A>> =>
  asChunk(refer(alias, arrays), unnested(alias, arrays, [])) as unknown as Relation<Elements<A>>;

/** Like unnest, with the number of each row as `nr`, starting at 1. */
export const numberedUnnest = <A extends Arrays>(
  alias: string,
  arrays: A,
): Relation<Elements<A> & { nr: SQL<string> }> =>
  asChunk(refer(alias, { ...arrays, nr: sql`` }), unnested(alias, arrays, ['nr'])) as unknown as Relation<
    Elements<A> & { nr: SQL<string> }
  >;

/** The rows that a function returns; the shape names its columns, in their order. */
export const functionCall = <S extends Shape>(alias: string, shape: S, call: SQL): Relation<S> =>
  asChunk(
    refer(alias, shape),
    sql`${call} as ${namedColumns(alias, Object.keys(shape))}`,
  ) as unknown as Relation<S>;

/** The same FROM item with more fields, derived from its own. */
export const withFields = <R extends Shape, F extends Shape>(of: R, fields: F): R & F =>
  asChunk({ ...of, ...fields }, (of as unknown as SQLWrapper).getSQL());

function unnested(alias: string, arrays: Arrays, ordinality: readonly string[]): SQL {
  return sql`unnest(${sql.join(Object.values(arrays), sql`, `)})${ordinality.length > 0 ? sql` with ordinality` : sql``}
    as ${namedColumns(alias, [...Object.keys(arrays), ...ordinality])}`;
}

const namedColumns = (alias: string, names: readonly string[]): SQL =>
  sql`${sql.identifier(alias)} (${sql.join(
    names.map((name) => sql.identifier(name)),
    sql`, `,
  )})`;

const refer = (alias: string, shape: Shape): Record<string, SQL> =>
  mapShape(shape, (field, name) => readAs(field, sql`${sql.identifier(alias)}.${sql.identifier(name)}`));
