import { sql, type Column, type SQL } from 'drizzle-orm';

type TextOf<T> = T extends Column ? (T['_']['notNull'] extends true ? string : string | null) : string;

/** A time in SQL as RFC 3339 in UTC with microseconds, which a Date would cut off. */
export const rfc3339 = <T extends Column | SQL>(time: T): SQL<TextOf<T>> =>
  sql`to_char(${time} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
