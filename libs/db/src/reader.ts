import type { Pool, QueryResultRow } from 'pg';
import { keepsStatements } from './pooler.ts';
import type { Statement } from './statement/index.ts';

/** Sends one SQL text with its parameters, and returns its rows. */
export type SendQuery = <R extends QueryResultRow>(
  text: string,
  values?: unknown[],
  name?: string,
) => Promise<R[]>;

/** Runs statements and returns their rows. */
export interface Reader {
  run<P, R>(statement: Statement<P, R>, ...parameters: keyof P extends never ? [] : [P]): Promise<R[]>;
  /**
   * For SQL without a table of the schema, such as locks and settings.
   * @param name keeps the text prepared under this name on each connection
   */
  query: SendQuery;
}

export const readerOf = (ask: SendQuery): Reader => ({
  query: ask,
  run: async (statement, ...[parameters]) =>
    statement.rowsOf(await ask(statement.text, statement.valuesOf(parameters as never), statement.name)),
});

/** Runs a statement outside of a transaction, on a connection of the pool. */
export const runOn = <P, R>(
  pool: Pick<Pool, 'query'>,
  statement: Statement<P, R>,
  ...parameters: keyof P extends never ? [] : [P]
): Promise<R[]> => poolReader(pool).run(statement, ...parameters);

/** Reads outside of a transaction. */
export const poolReader = (pool: Pick<Pool, 'query'>): Reader =>
  readerOf(async (text, values, name) => {
    const keeps = name !== undefined && keepsStatements(pool as Pool);
    return (await pool.query({ ...(keeps && { name }), text, values })).rows;
  });
