import type { ClientConfig } from 'pg';
import type { Address } from '@core/runtime';
import { CheckedClient } from './checked-client.ts';
import type { DatabaseEnv } from './config.ts';
import type { Pooler } from './pooler.ts';

export type Settings = Readonly<Record<string, string>>;

/** The time limit of a statement: one that no caller waits for any more must not hold its locks for ever. */
export const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * The time limit of each wait for a lock. A caller of the api should soon receive the error that others hold
 * the row. Background work retries automatically, and may wait for a long transaction such as the last page
 * of an import.
 */
export const LOCK_TIMEOUT_MS = { ofCalls: 3_000, ofBackground: 15_000 };

/**
 * Session settings with which the server closes the connections of unreachable clients. Until then an open
 * transaction keeps its locks, and its successor would wait for them. Values are in seconds; tcp_user_timeout
 * is in milliseconds.
 */
const SERVER_SIDE: Settings = {
  tcp_keepalives_idle: '4',
  tcp_keepalives_interval: '1',
  tcp_keepalives_count: '4',
  tcp_user_timeout: '8000',
};

/**
 * Settings without which the apps do not work, or write secrets to the log. PostgreSQL cannot prevent a role
 * from changing its own settings with ALTER ROLE, so an attacker with a stolen role could break its app at
 * the next connection. Settings of the connection override those of the role and of the database. An empty
 * library list replaces one that names a missing library, which would end every connection.
 */
const PINNED: Settings = {
  search_path: 'public, pg_temp',
  role: 'none',
  row_security: 'on',
  default_transaction_read_only: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  transaction_timeout: '0',
  idle_session_timeout: '0',
  datestyle: 'ISO, MDY',
  standard_conforming_strings: 'on',
  array_nulls: 'on',
  local_preload_libraries: '',
  log_parameter_max_length_on_error: '0',
};
/**
 * Settings that take effect only when PostgreSQL accepts the connection, which is too late behind a pooler.
 */
const AT_CONNECT_ONLY = new Set(['local_preload_libraries']);
/** Settings without effect inside a transaction. */
const OUTSIDE_TRANSACTIONS = /^(default_transaction_|idle_session_timeout$|local_preload_libraries$)/;

/** Returns the settings of each connection of an app. */
export const connectionSettings = (lockTimeoutMs: number): Settings => ({
  ...PINNED,
  statement_timeout: String(STATEMENT_TIMEOUT_MS),
  lock_timeout: String(lockTimeoutMs),
  idle_in_transaction_session_timeout: '30000',
});

export const transactionSettings = (settings: Settings): Settings =>
  only(settings, (name) => !OUTSIDE_TRANSACTIONS.test(name));

export interface ConnectionOptions {
  env: Omit<DatabaseEnv, 'CORE_DB_POOL' | 'CORE_DB_POOLER' | 'CORE_DB_HOST' | 'CORE_DB_PORT'>;
  at: Address;
  /** Application name. */
  app: string;
  pooler: Pooler;
  settings: Settings;
}

/**
 * Returns how to connect and log in. Without a pooler the settings are sent with the login. A pooler in
 * session mode refuses them there, and keeps what is set afterwards. A pooler in transaction mode keeps
 * nothing, see poolTransactions.
 */
export function connectionConfig({ env, at, app, pooler, settings }: ConnectionOptions) {
  return {
    host: at.host,
    port: at.port,
    database: env.CORE_DB_NAME,
    user: env.CORE_DB_USER,
    password: env.CORE_DB_PASSWORD,
    ssl: env.CORE_DB_TLS ? { rejectUnauthorized: true } : false,
    application_name: app,
    // pg's type has no constructor with a parameter.
    Client: CheckedClient as unknown as new () => CheckedClient,
    pooled: pooler !== 'none',
    ...(pooler === 'none' && { options: settingsOption({ ...SERVER_SIDE, ...settings }) }),
    ...(pooler === 'session' && {
      setUp: settingsOf(
        only(settings, (name) => !AT_CONNECT_ONLY.has(name)),
        false,
      ),
    }),
  } satisfies ClientConfig & Record<string, unknown>;
}

const only = (settings: Settings, fits: (name: string) => boolean): Settings =>
  Object.fromEntries(Object.entries(settings).filter(([name]) => fits(name)));

/** Returns the settings in the form that the login accepts. A backslash keeps a space within its value. */
export const settingsOption = (settings: Settings): string =>
  Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\ ]/g, '\\$&')}`)
    .join(' ');

/**
 * Returns a statement that sets them. Rejected: SET, which reads a list such as search_path's as one name.
 */
export const settingsOf = (settings: Settings, local: boolean): string =>
  `select ${Object.entries(settings)
    .map(([name, value]) => `set_config('${name}', '${value.replaceAll("'", "''")}', ${local})`)
    .join(', ')}`;
