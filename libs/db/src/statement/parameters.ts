import { sql, type Column, type GetColumnData, type Placeholder, type SQL } from 'drizzle-orm';

/** A parameter type without a column. */
export interface Kind<T> {
  /** PostgreSQL's name of the type, to which each use of the parameter is cast. */
  readonly sqlType: string;
  /** Encodes the value for the driver; absent: the value is sent as it is. */
  readonly encode?: (value: never) => unknown;
  /** For the TypeScript compiler only. */
  readonly of?: T;
}

/** The type of a parameter: the type of a column, or a kind. */
export type ParameterType = Column | Kind<unknown>;

/** The value that a caller passes: null and undefined are NULL, where the column may be null. */
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
/** JSON that the caller has serialized. */
export const json = kind<string>('jsonb');

/** The maximum number of rows. The query builder's limit() requires a placeholder without a cast. */
export const limit: Kind<number> & { readonly uncast: true } = { ...kind<number>('bigint'), uncast: true };

/** The chunk that represents a parameter in a statement's text. */
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

/** The same type, or NULL. */
export const nullable = <P extends ParameterType>(of: P): Kind<ValueOf<P> | null | undefined> => kindOf(of);

/** An array of the type. */
export function many<P extends ParameterType>(of: P): Kind<readonly ValueOf<P>[]> {
  const { sqlType, encode } = kindOf(of);
  return {
    sqlType: `${sqlType}[]`,
    ...(encode && { encode: (values: readonly never[] | null) => values?.map(encode) ?? null }),
  };
}

/** Returns how a parameter is cast and encoded. */
export function kindOf(of: ParameterType): Kind<never> {
  if ('sqlType' in of) return of as Kind<never>;
  return {
    sqlType: of.getSQLType(),
    // The driver writes objects as JSON, but arrays as PostgreSQL arrays.
    ...(of.getSQLType() === 'jsonb' && { encode: toJson }),
  };
}

const toJson = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));
