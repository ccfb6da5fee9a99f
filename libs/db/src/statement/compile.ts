import { is, Param, Placeholder, type SQL, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { escapeLiteral } from 'pg';

/** Text for PostgreSQL, and the names of its parameters in their order. */
export interface Compiled {
  text: string;
  names: string[];
}

/** Each named parameter has one number, however often it is used. */
export function compile(written: SQLWrapper): Compiled {
  const names: string[] = [];
  const dialect = new PgDialect();
  // It gets the value as well, though its type does not say so.
  dialect.escapeParam = (...[, value]: unknown[]) => {
    if (!is(value, Placeholder)) return literal(value);
    const known = names.indexOf(value.name);
    return `$${known >= 0 ? known + 1 : names.push(value.name)}`;
  };
  return { text: dialect.sqlToQuery(written.getSQL() as SQL).sql, names };
}

/**
 * Values in a statement's own source are constants: the planner then knows that a partial index serves. A
 * caller's values come as parameters, because statements are compiled before there are callers.
 */
function literal(value: unknown): string {
  const of = is(value, Param) ? value.value : value;
  if (typeof of === 'string') return escapeLiteral(of);
  if (of === null || typeof of === 'number' || typeof of === 'boolean') return String(of);
  throw new Error('a statement holds a value that is neither a parameter nor a simple constant');
}
