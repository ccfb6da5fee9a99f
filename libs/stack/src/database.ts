import { join } from 'node:path';
import { assertMigratable, migrateDatabase, readerOf } from '@core/db';
import { createCoreDatabase, withClient, workspaceRoot, type Postgres } from '@core/testing';
import type { Role } from './options.ts';
import type { Secrets } from './secrets.ts';

/** A migrated database, and where each role finds it. */
export interface Database {
  name: string;
  /** On the primary. */
  urlFor(role: Role): string;
  /** On each replica. */
  replicaUrlsFor(role: Role): string[];
}

/**
 * The database of servers of the stack's own, migrated; each role logs in with its secret.
 * @throws UnknownSchema when the data of an earlier start are those of another build
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

/** A clone of the run's template, dropped with the stack. */
export async function cloneOfRun(stops: AsyncDisposableStack): Promise<Database> {
  const database = stops.adopt(await createCoreDatabase(migrateDatabase), (it) => it.drop());
  return {
    name: database.name,
    urlFor: database.urlFor,
    replicaUrlsFor: (role) => [database.replicaUrlFor(role)],
  };
}
