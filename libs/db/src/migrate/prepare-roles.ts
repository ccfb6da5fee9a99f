import type { Client } from 'pg';
import { backoff, pause } from '@core/runtime';

/** Passwords of the apps' roles; a role without one stays as it is. */
export type RolePasswords = Partial<Record<AppRole, string | undefined>>;

type AppRole = 'core_api' | 'core_worker' | 'core_importer' | 'core_sealer';

interface RoleLimits {
  /** Of the server's max_connections: whatever goes wrong in one app, the others and the owner come in. */
  share: number;
  settings: Record<string, string>;
}

/**
 * What each role gets unless it has its own already, so that ALTER ROLE by hand stays. A caller of the api waits for
 * 5 s for a lock and is told UNAVAILABLE; work in the background tries again, and may wait longer. The pool asks for the
 * same limits of statements and transactions: these here hold whoever logs in with a stolen password and any other client.
 */
const limits = (share: number, lockTimeout: string): RoleLimits => ({
  share,
  settings: {
    statement_timeout: '30s',
    lock_timeout: lockTimeout,
    idle_in_transaction_session_timeout: '30s',
  },
});
const ROLES: Readonly<Record<AppRole, RoleLimits>> = {
  core_api: limits(0.7, '5s'),
  core_worker: limits(0.4, '15s'),
  core_importer: limits(0.4, '15s'),
  core_sealer: limits(0.1, '15s'),
};

/** SQLSTATE insufficient_privilege. */
const FORBIDDEN = '42501';

/**
 * Gives the apps' roles their passwords and limits, and takes from everybody the right to make temporary objects and
 * objects in public. None of it is part of a database's dump, so that every migrate sees to it anew.
 */
export async function prepareRoles(
  client: Client,
  passwords: RolePasswords,
  say: (line: string) => void,
): Promise<void> {
  for (const [role, password] of Object.entries(passwords)) {
    if (password) await alter(client, `alter role ${role} login password ${client.escapeLiteral(password)}`);
  }
  await tryTo(say, async () => {
    for (const statement of await missingLimits(client)) await alter(client, statement);
  });
  await tryTo(say, () => revokeMaking(client));
}

async function missingLimits(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ role: AppRole; most: number; has: string[]; room: number }>(
    `select r.rolname as role, r.rolconnlimit as most, current_setting('max_connections')::int as room,
            array(select split_part(s, '=', 1) from unnest(d.setconfig) as s) as has
       from pg_roles r left join pg_db_role_setting d on d.setrole = r.oid and d.setdatabase = 0
      where r.rolname = any($1)`,
    [Object.keys(ROLES)],
  );
  return rows.flatMap(({ role, most, has, room }) => {
    const { share, settings } = ROLES[role];
    const missing = Object.entries(settings).filter(([name]) => !has.includes(name));
    return [
      ...(most === -1 ? [`alter role ${role} connection limit ${Math.ceil(room * share)}`] : []),
      ...missing.map(([name, value]) => `alter role ${role} set ${name} = '${value}'`),
    ];
  });
}

async function revokeMaking(client: Client): Promise<void> {
  const { rows } = await client.query<{ name: string; temporary: boolean; create: boolean }>(
    `select current_database() as name, has_database_privilege('public', current_database(), 'temporary') as temporary,
            has_schema_privilege('public', 'public', 'create') as create`,
  );
  const [found] = rows;
  if (found?.temporary) {
    await client.query(`revoke temporary on database ${client.escapeIdentifier(found.name)} from public`);
  }
  if (found?.create) await client.query('revoke create on schema public from public');
}

/** An owner that may not do it goes on: the apps work without, and whoever may is told what to do. */
async function tryTo(say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== FORBIDDEN) throw error;
    say(
      `left as it is, because ${(error as Error).message}: run migrate as who created the apps' roles and the database`,
    );
  }
}

/** Roles belong to the whole cluster: a migrator of another database may change the same one at the same moment. */
async function alter(client: Client, statement: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return void (await client.query(statement));
    } catch (error) {
      if (attempt >= 10 || !(error as Error).message.includes('tuple concurrently')) throw error;
      await pause(backoff(attempt, 10, 200));
    }
  }
}
