import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as schema from '../schema/index.ts';
import { readFunctions } from './read-functions.ts';

/** A build's use of its database. */
export interface UsedByBuild {
  /** The names of a table's columns, one blank between. */
  tables: Record<string, string>;
  functions: Record<string, { signature: string; roles: string[] }>;
}

/**
 * This build's use of the database: all that its schema declares, because its statements are written against
 * it, and all of its functions. A column that no statement uses any more leaves the schema one build before
 * the database.
 * @param folder libs/db/functions
 */
export function usedByBuild(folder: string): UsedByBuild {
  const tables = Object.values(schema)
    .filter((value) => is(value, PgTable))
    .map((table) => getTableConfig(table))
    .map(({ name, columns }) => [name, columns.map((column) => column.name).join(' ')] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const functions = readFunctions(folder).map(
    ({ name, signature, roles }) => [name, { signature, roles }] as const,
  );
  return { tables: Object.fromEntries(tables), functions: Object.fromEntries(functions) };
}
