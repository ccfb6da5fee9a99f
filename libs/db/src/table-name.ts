import type { Table } from 'drizzle-orm';
import type * as schema from './schema/index.ts';

type Schema = typeof schema;

/** Each table of the schema, by its name in the database: a list that is to cover them all is keyed by it. */
export type TableName = {
  [Key in keyof Schema]: Schema[Key] extends Table ? Schema[Key]['_']['name'] : never;
}[keyof Schema];
