import { is } from 'drizzle-orm';
import { getTableConfig, PgTable } from 'drizzle-orm/pg-core';
import * as schema from '../schema/index.ts';
import { readFunctions } from './read-functions.ts';

/** The tables and functions of the database that a build uses. */
export interface UsedByBuild {
  /** Column names by table, separated by one space. */
  tables: Record<string, string>;
  functions: Record<string, { signature: string; roles: string[] }>;
}

/**
 * Returns this build's use of the database. It includes all tables and columns of the schema, because the
 * statements are written against it, and all functions of the build. A column that no statement uses any more
 * leaves the schema one build before it leaves the database.
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
