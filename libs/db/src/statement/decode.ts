import { Column, is, type SQL } from 'drizzle-orm';
import { PgArray, PgBigInt53, PgBigInt64 } from 'drizzle-orm/pg-core';
import type { Shape } from './columns.ts';

type Row = Record<string, unknown>;
type Decode = (value: unknown) => unknown;

/**
 * Returns a function that converts int8 to number or bigint, as the schema declares: the driver returns a
 * text. Returns undefined if the shape needs no conversion.
 */
export function decoderOf(shape: Shape): ((row: Row) => Row) | undefined {
  const decoded = Object.entries(shape).flatMap(([name, field]) => {
    const decode = decodeOf(field);
    return decode ? [[name, decode] as const] : [];
  });
  if (decoded.length === 0) return undefined;
  return (row) => {
    for (const [name, decode] of decoded) {
      if (row[name] !== null) row[name] = decode(row[name]);
    }
    return row;
  };
}

/**
 * Makes a reference decode like the field that it refers to, and returns it. Rejected: SQL.mapWith, because
 * Drizzle hides its decoder from the TypeScript compiler.
 */
export function readAs(field: Column | SQL, reference: SQL): SQL {
  const decode = decodeOf(field);
  if (decode) DECODES.set(reference, decode);
  return reference;
}

const DECODES = new WeakMap<SQL, Decode>();

const decodeOf = (field: Column | SQL): Decode | undefined => {
  if (!is(field, Column)) return DECODES.get(field);
  return holdsInt8(field) ? (value) => field.mapFromDriverValue(value) : undefined;
};

const holdsInt8 = (column: Column): boolean =>
  is(column, PgBigInt53) ||
  is(column, PgBigInt64) ||
  (is(column, PgArray) && holdsInt8(column.baseColumn as Column));
