import { getTableColumns, sql, type Column, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** Values to write, by column of a table. */
export type Values<T extends PgTable> = { readonly [K in keyof T['$inferInsert']]?: SQL | Column };

/** Column names without their table, as INSERT and ON CONFLICT require them. */
export const bare = (...of: readonly Column[]): SQL =>
  sql.join(
    of.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );

/** The value that an INSERT would have written to the column if no other row had conflicted. */
export const excluded = (column: Column): SQL => sql`excluded.${bare(column)}`;

/** `"a" = ..., "b" = ...`, for the SET of a template. */
export const assign = <T extends PgTable>(table: T, values: Values<T>): SQL =>
  sql.join(
    pairs(table, values).map(([column, value]) => sql`${bare(column)} = ${value}`),
    sql`, `,
  );

/**
 * `insert into "t" ("a", "b") values (..., ...)`. Rejected: the query builder's insert, which names all
 * columns of the table, including those of the next build.
 */
export const insertValues = <T extends PgTable>(table: T, values: Values<T>): SQL =>
  insert(table, values, (list) => sql`values (${list})`);

/** `insert into "t" ("a", "b") select ..., ...`; the rest of the template adds the FROM clause. */
export const insertSelect = <T extends PgTable>(table: T, values: Values<T>): SQL =>
  insert(table, values, (list) => sql`select ${list}`);

function insert<T extends PgTable>(table: T, values: Values<T>, source: (list: SQL) => SQL): SQL {
  const written = pairs(table, values);
  const list = sql.join(
    written.map(([, value]) => value),
    sql`, `,
  );
  return sql`insert into ${table} (${bare(...written.map(([column]) => column))}) ${source(list)}`;
}

function pairs<T extends PgTable>(table: T, values: Values<T>): [Column, SQL | Column][] {
  const columns: Readonly<Record<string, Column>> = getTableColumns(table);
  return Object.entries<SQL | Column | undefined>(values).map(([key, value]) => {
    const column = columns[key];
    if (!column || !value) throw new Error(`no such column, or no value for it: ${key}`);
    return [column, value];
  });
}
