import { Column, is } from 'drizzle-orm';
import { PgArray, PgBigInt53, PgBigInt64 } from 'drizzle-orm/pg-core';
import type { Shape } from './columns.ts';

type Row = Record<string, unknown>;

/** Makes int8 what the schema says, number or bigint: the driver gives it as a text. Undefined where nothing is to be made. */
export function decoderOf(shape: Shape): ((row: Row) => Row) | undefined {
  const decoded = Object.entries(shape).flatMap(([name, field]) =>
    is(field, Column) && holdsInt8(field) ? [[name, field] as const] : [],
  );
  if (decoded.length === 0) return undefined;
  return (row) => {
    for (const [name, column] of decoded) {
      if (row[name] !== null) row[name] = column.mapFromDriverValue(row[name]);
    }
    return row;
  };
}

const holdsInt8 = (column: Column): boolean =>
  is(column, PgBigInt53) ||
  is(column, PgBigInt64) ||
  (is(column, PgArray) && holdsInt8(column.baseColumn as Column));
