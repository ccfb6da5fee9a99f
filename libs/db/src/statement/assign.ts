import { getTableColumns, sql, type Column, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';

/** The values that are written to a table's columns. */
export type Values<T extends PgTable> = { readonly [K in keyof T['$inferInsert']]?: SQL | Column };

/** A column's name without its table, as INSERT and ON CONFLICT want it. */
export const bare = (...of: readonly Column[]): SQL =>
  sql.join(
    of.map(({ name }) => sql.identifier(name)),
    sql`, `,
  );

/** The value that an INSERT which met another row would have written to the column. */
export const excluded = (column: Column): SQL => sql`excluded.${bare(column)}`;

/** `"a" = ..., "b" = ...`, for the SET of a template. */
export const assign = <T extends PgTable>(table: T, values: Values<T>): SQL =>
  sql.join(
    pairs(table, values).map(([column, value]) => sql`${bare(column)} = ${value}`),
    sql`, `,
  );

/**
 * `insert into "t" ("a", "b") values (..., ...)`. Rejected: the query builder's insert, which names all columns of the
 * table, those of the next build included.
 */
export const insertValues = <T extends PgTable>(table: T, values: Values<T>): SQL =>
  insert(table, values, (list) => sql`values (${list})`);

/** `insert into "t" ("a", "b") select ..., ...`; the rest of the template says from where. */
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
    if (!column || !value) throw new Error(`no column, or no value for it: ${key}`);
    return [column, value];
  });
}
