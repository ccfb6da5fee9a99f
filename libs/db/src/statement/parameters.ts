import { sql, type Column, type GetColumnData, type Placeholder, type SQL } from 'drizzle-orm';

/** A type of parameters that no column has. */
export interface Kind<T> {
  /** PostgreSQL's name of the type, with which each use of the parameter is cast. */
  readonly sqlType: string;
  /** Makes what the driver sends; absent: the value as it is. */
  readonly encode?: (value: never) => unknown;
  /** For the compiler alone. */
  readonly of?: T;
}

/** The type of a parameter: that of a column, or a kind. */
export type ParameterType = Column | Kind<unknown>;

/** The value that a caller gives for it: null and undefined are NULL, where the column may be null. */
export type ValueOf<P extends ParameterType> = P extends Column
  ? P['_']['notNull'] extends true
    ? GetColumnData<P, 'raw'>
    : GetColumnData<P, 'raw'> | null | undefined
  : P extends Kind<infer T>
    ? T
    : never;

const kind = <T>(sqlType: string): Kind<T> => ({ sqlType });

export const int = kind<number>('integer');
export const float8 = kind<number>('double precision');
export const int8 = kind<number | bigint | string>('bigint');
export const text = kind<string>('text');
export const bool = kind<boolean>('boolean');
export const bytes = kind<Buffer>('bytea');
export const instantOf = kind<Date | string>('timestamp with time zone');
/** JSON as a text that its caller has written. */
export const json = kind<string>('jsonb');

/** How many rows at most: the query builder's limit() takes it, which wants a placeholder without a cast. */
export const limit: Kind<number> & { readonly uncast: true } = { ...kind<number>('bigint'), uncast: true };

/** The chunk that stands for a parameter in a statement's text. */
export type PlaceholderOf<P extends ParameterType> = P extends { readonly uncast: true }
  ? Placeholder<string, number>
  : SQL<ValueOf<P>>;

export type Placeholders<P extends Readonly<Record<string, ParameterType>>> = {
  readonly [K in keyof P]: PlaceholderOf<P[K]>;
};

export function placeholderOf<P extends ParameterType>(name: string, of: P): PlaceholderOf<P> {
  const placeholder = sql.placeholder(name);
  return (
    'uncast' in of ? placeholder : sql`${placeholder}::${sql.raw(kindOf(of).sqlType)}`
  ) as PlaceholderOf<P>;
}

/** The same, or NULL. */
export const nullable = <P extends ParameterType>(of: P): Kind<ValueOf<P> | null | undefined> => kindOf(of);

/** An array. */
export function many<P extends ParameterType>(of: P): Kind<readonly ValueOf<P>[]> {
  const { sqlType, encode } = kindOf(of);
  return {
    sqlType: `${sqlType}[]`,
    ...(encode && { encode: (values: readonly never[] | null) => values?.map(encode) ?? null }),
  };
}

/** How a parameter is cast and encoded. */
export function kindOf(of: ParameterType): Kind<never> {
  if ('sqlType' in of) return of as Kind<never>;
  return {
    sqlType: of.getSQLType(),
    // The driver writes objects as JSON, but arrays as arrays of PostgreSQL.
    ...(of.getSQLType() === 'jsonb' && { encode: toJson }),
  };
}

const toJson = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));
