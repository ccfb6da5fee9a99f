import { is, Param, Placeholder, type SQL, type SQLWrapper } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { escapeLiteral } from 'pg';

/** The SQL text, and the names of its parameters in their order. */
export interface Compiled {
  text: string;
  names: string[];
}

/** Compiles a statement. Each named parameter has one number, however often it is used. */
export function compile(written: SQLWrapper): Compiled {
  const names: string[] = [];
  const dialect = new PgDialect();
  // Drizzle also passes the value, although its type does not declare it.
  dialect.escapeParam = (...[, value]: unknown[]) => {
    if (!is(value, Placeholder)) return literal(value);
    const known = names.indexOf(value.name);
    return `$${known >= 0 ? known + 1 : names.push(value.name)}`;
  };
  return { text: dialect.sqlToQuery(written.getSQL() as SQL).sql, names };
}

/**
 * Returns a value of a statement's own source as a constant, so that the planner can see that a partial index
 * applies. A caller's values are parameters, because statements are compiled before there are callers.
 */
function literal(value: unknown): string {
  const of = is(value, Param) ? value.value : value;
  if (typeof of === 'string') return escapeLiteral(of);
  if (of === null || typeof of === 'number' || typeof of === 'boolean') return String(of);
  throw new Error('a statement contains a value that is neither a parameter nor a simple constant');
}
