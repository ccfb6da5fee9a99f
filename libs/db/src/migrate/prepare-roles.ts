import type { Client } from 'pg';
import { backoff, pause } from '@core/runtime';

/** Passwords of the apps' roles; a role without one is left unchanged. */
export type RolePasswords = Partial<Record<AppRole, string | undefined>>;

type AppRole = 'core_api' | 'core_worker' | 'core_importer' | 'core_sealer';

interface RoleLimits {
  /**
   * Share of the server's max_connections: a fault in one app leaves connections for the others and the
   * owner.
   */
  share: number;
  settings: Record<string, string>;
}

/**
 * The limits that a role gets unless it already has its own, so that an operator's ALTER ROLE stays. The
 * pools set the same or shorter limits for their connections. The role's limits bind any other client, for
 * example one with a stolen password, and statements outside of transactions behind a pooler in transaction
 * mode.
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

/** A limit above this range limits nothing; one below it lets no statement finish. */
const [LEAST_MS, MAX_MS] = [1_000, 3_600_000];

const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** SQLSTATE insufficient_privilege. */
const FORBIDDEN = '42501';

/**
 * Sets the passwords and limits of the apps' roles, and resets all other settings that a role has put on
 * itself. Revokes from all roles the right to create temporary objects and objects in public. A dump of a
 * database contains none of this, so every migrate repeats it.
 */
export async function prepareRoles(
  client: Client,
  passwords: RolePasswords,
  say: (line: string) => void,
): Promise<void> {
  for (const [role, password] of Object.entries(passwords)) {
    if (password) await alter(client, `alter role ${role} login password ${client.escapeLiteral(password)}`);
  }
  for (const { role, name, scope } of await foreignSettings(client)) {
    await tryTo(say, async () => {
      await alter(client, `alter role ${role}${scope} reset ${identifier(client, name)}`);
      say(`reset ${name} of ${role}${scope}`);
    });
  }
  await tryTo(say, async () => {
    for (const statement of await missingLimits(client)) await alter(client, statement);
  });
  await tryTo(say, () => revokeMaking(client));
}

/**
 * Returns the settings that a role may have put on itself, in every database: an attacker with a stolen role
 * can break its app this way. Our own limits stay while they limit something. Settings that only a superuser
 * may change stay: the role could not have set them.
 */
async function foreignSettings(client: Client): Promise<{ role: string; name: string; scope: string }[]> {
  // PostgreSQL recognizes the settings of PL/pgSQL, and allows resetting them, only after a session has used
  // PL/pgSQL.
  await client.query('do $$ begin end $$');
  const { rows } = await client.query<{ role: AppRole; name: string; value: string; scope: string }>(
    `select r.rolname as role, lower(split_part(s, '=', 1)) as name, substr(s, strpos(s, '=') + 1) as value,
            coalesce(' in database ' || quote_ident(d.datname), '') as scope
       from pg_db_role_setting x join pg_roles r on r.oid = x.setrole left join pg_database d on d.oid = x.setdatabase
            cross join unnest(x.setconfig) as s left join pg_settings p on lower(p.name) = lower(split_part(s, '=', 1))
      where r.rolname = any($1) and coalesce(p.context, '') not in ('superuser', 'superuser-backend') order by 1, 4, 2`,
    [Object.keys(ROLES)],
  );
  return rows.filter(({ role, name, value }) => !(name in ROLES[role].settings && isLimit(value)));
}

const identifier = (client: Client, name: string): string =>
  name
    .split('.')
    .map((part) => client.escapeIdentifier(part))
    .join('.');

function isLimit(value: string): boolean {
  const [, figure, unit = 'ms'] = /^([\d.]+) *([a-z]*)$/.exec(value) ?? [];
  const ms = Number(figure) * (UNIT_MS[unit || 'ms'] ?? NaN);
  return ms >= LEAST_MS && ms <= MAX_MS;
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

/**
 * Runs a step and reports it as skipped when the owner lacks the right for it. The apps work without it, and
 * the output contains what to do.
 */
async function tryTo(say: (line: string) => void, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if ((error as { code?: string }).code !== FORBIDDEN) throw error;
    say(
      `skipped: ${(error as Error).message}; run migrate as the role that created the apps' roles and the database`,
    );
  }
}

/**
 * Runs an ALTER ROLE, with retries. Roles belong to the whole cluster: a migrator of another database may
 * change the same role concurrently.
 */
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
