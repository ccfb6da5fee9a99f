import type { SQLWrapper } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { columns, type Fields, type RowOf, type Shape } from './columns.ts';
import { compile } from './compile.ts';
import type { CrossesMerchants } from './crosses-merchants.ts';
import { decoderOf } from './decode.ts';
import { kindOf, placeholderOf, type ParameterType, type Placeholders, type ValueOf } from './parameters.ts';

type ParameterTypes = Readonly<Record<string, ParameterType>>;
export type Parameters<P extends ParameterTypes> = { readonly [K in keyof P]: ValueOf<P[K]> };

type NoFields = Record<never, never>;

/** A compiled statement; see ADR 24. */
export interface Statement<P, R> {
  readonly text: string;
  /** The name under which each connection keeps it prepared. */
  readonly name: string | undefined;
  /**
   * The kind of work for which it touches the rows of several merchants; undefined: it names one merchant.
   */
  readonly crosses: CrossesMerchants | undefined;
  valuesOf(parameters: P): unknown[];
  rowsOf(rows: Record<string, unknown>[]): R[];
}

export interface StatementDefinition<P extends ParameterTypes, S extends Shape> {
  /** Keeps the statement prepared under this name on each connection: for the few that run most often. */
  name?: string;
  /** The reason why it touches the rows of several merchants, if it does. */
  crosses?: CrossesMerchants;
  /** Each parameter with the column that it is compared with or written to, or with a kind. */
  params?: P;
  /** The fields that it returns. */
  row?: S;
  /** Writes the SQL with the query builder or as a template. Each parameter includes its cast. */
  text(params: Placeholders<P>, row: Fields): SQLWrapper | Returning<S>;
}

/** An SQL text with the shape of its rows. */
export interface Returning<S extends Shape> extends SQLWrapper {
  readonly shape: S;
}

/** For rows with fields that are computed from the statement's parameters. */
export const returning = <const S extends Shape>(
  shape: S,
  write: (row: Fields) => SQLWrapper,
): Returning<S> => {
  const text = write(columns(shape)).getSQL();
  return { shape, getSQL: () => text };
};

/** Drizzle's query builder, without a connection. */
export const build = drizzle.mock();

/** All statements created so far, for the checks of all statements. */
export const statements: Statement<never, unknown>[] = [];

/**
 * Creates a statement as a value, at the top level of a module. It is written against the schema. Its text,
 * the order of its parameters and the type of its rows are known before the first call.
 * @throws Error when a parameter is not used
 */
export function statement<const P extends ParameterTypes = NoFields, const S extends Shape = NoFields>({
  name,
  crosses,
  params = {} as P,
  row,
  text: write,
}: StatementDefinition<P, S>): Statement<Parameters<P>, RowOf<S>> {
  const placeholders = Object.fromEntries(
    Object.entries(params).map(([key, of]) => [key, placeholderOf(key, of)]),
  );
  const written = write(placeholders as never, columns(row ?? {}));
  const { text, names } = compile(written);
  const unused = Object.keys(params).filter((key) => !names.includes(key));
  if (unused.length > 0)
    throw new Error(`a statement does not use its parameters ${unused.join(', ')}: ${text}`);
  const order = names.map((key) => ({ key, encode: kindOf(params[key] as ParameterType).encode }));
  const decode = decoderOf('shape' in written ? written.shape : (row ?? {}));
  const made: Statement<Parameters<P>, RowOf<S>> = {
    text,
    name,
    crosses,
    valuesOf: (given) => order.map(({ key, encode }) => (encode ? encode(given[key] as never) : given[key])),
    rowsOf: (rows) => (decode ? rows.map(decode) : rows) as RowOf<S>[],
  };
  statements.push(made as Statement<never, unknown>);
  return made;
}
