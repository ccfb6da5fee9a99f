import { join } from 'node:path';
import { assertMigratable, migrateDatabase, readerOf } from '@core/db';
import { createCoreDatabase, withClient, workspaceRoot, type Postgres } from '@core/testing';
import type { Role } from './options.ts';
import type { Secrets } from './secrets.ts';

/** A migrated database, with its urls for each role. */
export interface Database {
  name: string;
  /** On the primary. */
  urlFor(role: Role): string;
  /** On each replica. */
  replicaUrlsFor(role: Role): string[];
}

/**
 * Migrates the database on the stack's own servers. Each role logs in with the password from the secrets.
 * @throws UnknownSchema when the data come from an earlier start of another build
 */
export async function migrateOwn(
  { primary, replicas }: Postgres,
  { rolePasswords }: Pick<Secrets, 'rolePasswords'>,
): Promise<Database> {
  await withClient(primary.url, (client) =>
    assertMigratable(readerOf(async (text, values) => (await client.query(text, values)).rows)),
  );
  await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), rolePasswords);
  const as = (url: string, role: Role): string =>
    role === 'core_owner'
      ? url
      : Object.assign(new URL(url), { username: role, password: rolePasswords[role] }).href;
  return {
    name: 'core_db',
    urlFor: (role) => as(primary.url, role),
    replicaUrlsFor: (role) => replicas.map(({ url }) => as(url, role)),
  };
}

/** Clones the template database of the test run. The clone is dropped when the stack stops. */
export async function cloneOfRun(stops: AsyncDisposableStack): Promise<Database> {
  const database = stops.adopt(await createCoreDatabase(migrateDatabase), (it) => it.drop());
  return {
    name: database.name,
    urlFor: database.urlFor,
    replicaUrlsFor: (role) => [database.replicaUrlFor(role)],
  };
}
