import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Client } from 'pg';
import { createLogger, readEnv } from '@core/runtime';
import {
  databaseEnvironment,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startPostgres,
  workspaceRoot,
  type Postgres,
} from '@core/testing';
import { createPool, databaseEnv, migrateDatabase } from '../src/index.ts';

const ROLES = ['core_api', 'core_worker', 'core_importer', 'core_sealer'] as const;
type Role = (typeof ROLES)[number];

/** Settings that a role can change on itself; PostgreSQL cannot prevent this. */
const SPOILED = [
  `set search_path = 'pg_temp'`,
  'set default_transaction_read_only = on',
  `set default_transaction_isolation = 'serializable'`,
  'set statement_timeout = 0',
  `set lock_timeout = '1ms'`,
  `set idle_in_transaction_session_timeout = '24d'`,
  'set idle_session_timeout = 1',
  'set transaction_timeout = 1',
  'set row_security = off',
  `set datestyle = 'German'`,
  `set local_preload_libraries = 'no_such_library'`,
  'set log_parameter_max_length_on_error = -1',
  'set synchronous_commit = off',
  `set role = 'core_owner'`,
  `set plpgsql.extra_errors = 'all'`,
];
const SCOPES = ['', 'in database core_db', 'in database postgres'];
const READABLE: Record<Role, string> = {
  core_api: 'customers',
  core_worker: 'customers',
  core_importer: 'customers',
  core_sealer: 'audit_seals',
};
const password = randomBytes(12).toString('hex');
const passwords = Object.fromEntries(ROLES.map((role) => [role, password]));
const log = createLogger('spec', 'silent');

// A separate cluster: roles belong to the cluster, and other specs log in as these.
const dir = makeServicesDir();
let postgres: Postgres;
let admin: Client;
const reported: string[] = [];
const migrate = () =>
  migrateDatabase(postgres.primary.url, join(workspaceRoot(), 'libs/db/migrations'), passwords, {
    say: (line) => reported.push(line),
  });

beforeAll(async () => {
  postgres = await startPostgres({ dir: postgresDir(dir) });
  admin = new Client(postgres.primary.adminUrl);
  await admin.connect();
  await migrate();
}, 300_000);
afterAll(async () => {
  await admin?.end();
  await postgres?.stop();
  removeServicesDir(dir);
}, 300_000);
afterEach(async () => {
  for (const role of ROLES) {
    for (const where of SCOPES) {
      await admin.query(`alter role ${role} ${where} reset all`);
    }
  }
  await migrate();
  reported.length = 0;
});

/** Changes all settings in one session: the role's next session may fail. */
async function spoil(role: Role, ...scopes: string[]): Promise<void> {
  const stolen = new Client(urlOf(role));
  await stolen.connect();
  await stolen.query('do $$ begin end $$'); // makes the settings of PL/pgSQL known
  try {
    for (const where of scopes) {
      for (const change of SPOILED) await stolen.query(`alter role ${role} ${where} ${change}`);
    }
  } finally {
    await stolen.end();
  }
}
const urlOf = (role: Role) => {
  const url = new URL(postgres.primary.url);
  return Object.assign(url, { username: role, password }).href;
};
const poolOf = (role: Role) =>
  createPool(readEnv(databaseEnv, { ...databaseEnvironment(urlOf(role)), CORE_DB_POOL: '1' }), {
    app: 'spec',
    log,
  });
const settingsOf = async (role: Role) =>
  (
    await admin.query<{ setting: string }>(
      `select coalesce(datname || ': ', '') || setting as setting
         from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
              left join pg_database d on d.oid = s.setdatabase cross join unnest(setconfig) as setting
        where rolname = $1 order by 1`,
      [role],
    )
  ).rows.map(({ setting }) => setting);

describe.each(ROLES)('settings that %s has put on itself', (role) => {
  it.each(['', 'in database core_db'])('do not reach the connections of a pool %s', async (where) => {
    await spoil(role, where);
    const pool = poolOf(role);
    try {
      await pool.query(`select from ${READABLE[role]} limit 1`);
      const { rows } = await pool.query(
        `select current_user as role, current_setting('search_path') as path,
                current_setting('transaction_read_only') as read_only,
                current_setting('transaction_isolation') as isolation, current_setting('row_security') as security,
                current_setting('datestyle') as dates, current_setting('idle_session_timeout') as idle,
                current_setting('transaction_timeout') as transaction,
                current_setting('log_parameter_max_length_on_error') as logged,
                current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
                current_setting('idle_in_transaction_session_timeout') as idle_in_transaction`,
      );
      expect(rows).toEqual([
        {
          role,
          path: 'public, pg_temp',
          read_only: 'off',
          isolation: 'read committed',
          security: 'on',
          dates: 'ISO, MDY',
          idle: '0',
          transaction: '0',
          logged: '0',
          statement: '30s',
          lock: '15s',
          idle_in_transaction: '30s',
        },
      ]);
    } finally {
      await pool.end();
    }
  });

  it('are reset by migrate in every database and reported, and its password is restored', async () => {
    const before = await settingsOf(role);
    await spoil(role, ...SCOPES);
    await admin.query(`alter role ${role} password null`);
    await migrate();
    expect(await settingsOf(role)).toEqual(before);
    expect(reported).toHaveLength(3 * SPOILED.length);
    expect(reported).toContain(`reset search_path of ${role} in database core_db`);
    expect(reported).toContain(`reset statement_timeout of ${role}`);
    const pool = poolOf(role);
    await pool.query('select 1').finally(() => pool.end());
  });

  it("are kept by migrate if they are an operator's limits or only a superuser may change them", async () => {
    await admin.query(`alter role ${role} set statement_timeout = '90s'`);
    await admin.query(`alter role ${role} in database core_db set lock_timeout = '2min'`);
    await admin.query(`alter role ${role} set log_min_duration_statement = '1s'`);
    const before = await settingsOf(role);
    await migrate();
    expect([await settingsOf(role), reported]).toEqual([before, []]);
  });
});
