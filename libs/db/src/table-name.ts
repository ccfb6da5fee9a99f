import type { Table } from 'drizzle-orm';
import type * as schema from './schema/index.ts';

type Schema = typeof schema;

/** The name of any table of the schema in the database. It keys the lists that must cover all tables. */
export type TableName = {
  [Key in keyof Schema]: Schema[Key] extends Table ? Schema[Key]['_']['name'] : never;
}[keyof Schema];
