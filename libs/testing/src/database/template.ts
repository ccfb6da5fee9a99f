import type { Client } from 'pg';

// An arbitrary number that no other tool is likely to use. All templates share the lock: the apps' roles
// belong to the whole cluster, and concurrent ALTER ROLE statements fail.
const TEMPLATE_LOCK = 5_118_027;

const APP_ROLES = ['core_api', 'core_worker', 'core_importer', 'core_sealer'];

/**
 * Makes sure that database `name` exists, is migrated, and can be cloned. Jest's workers race: the first one
 * migrates, the others wait. The database is renamed to `name` last, so that a half-migrated one is never
 * cloned.
 * @param admin connected as superuser
 * @param password is set on the apps' roles, which may log in from then on
 */
export async function ensureTemplate(
  admin: Client,
  name: string,
  migrate: (database: string) => Promise<void>,
  password: string,
): Promise<void> {
  await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [name]);
    if (rowCount) return;
    const unfinished = `${name}_unfinished`;
    await admin.query(`drop database if exists ${unfinished} with (force)`);
    await admin.query(`create database ${unfinished} owner core_owner`);
    await migrate(unfinished);
    const { rows } = await admin.query<{ rolname: string }>(
      'select rolname from pg_roles where rolname = any($1)',
      [APP_ROLES],
    );
    for (const { rolname } of rows) {
      await admin.query(`alter role ${rolname} login password ${admin.escapeLiteral(password)}`);
    }
    // Cloning fails while a session is connected.
    await admin.query(`alter database ${unfinished} with allow_connections false`);
    await admin.query(`alter database ${unfinished} rename to ${name}`);
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}
