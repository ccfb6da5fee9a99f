import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { withClient } from '../database/with-client.ts';
import { ensureOwner } from './postgres-cluster.ts';

export interface ExternalPostgres {
  /** A superuser of the primary. */
  adminUrl: string;
  /** The URL of a standby; without one the primary serves reads as well. */
  replicaUrl?: string | undefined;
}

/** The URLs by which tests reach PostgreSQL, with their roles. */
export interface PostgresAddresses {
  /** The superuser on database postgres. */
  adminUrl: string;
  /** core_owner on core_db. */
  url: string;
  /** The same on the standby. */
  replicaUrl: string;
  /** The prefix of template names on an external server. The run drops these templates when it ends. */
  templates?: string;
}

export const TEST_POSTGRES = 'CORE_TEST_POSTGRES';

/** Returns the server that the environment names, or undefined. */
export function externalPostgres(env = process.env): ExternalPostgres | undefined {
  const adminUrl = env[TEST_POSTGRES];
  return adminUrl ? { adminUrl, replicaUrl: env[`${TEST_POSTGRES}_REPLICA`] || undefined } : undefined;
}

/**
 * Creates the owner of the test databases on an external server. Its password is derived from the superuser's
 * url, so that two runs on one server use the same one.
 * @throws Error when the server holds a core service, because tests change the passwords of its roles
 */
export async function openExternalPostgres({ adminUrl, replicaUrl }: ExternalPostgres): Promise<{
  addresses: PostgresAddresses;
  /** Removes the templates of this run. */
  close(): Promise<void>;
}> {
  const password = createHash('sha256').update(`core_owner of ${adminUrl}`).digest('base64url');
  await asAdmin(adminUrl, 'postgres', (admin) => ensureOwner(admin, password));
  await asAdmin(adminUrl, 'core_db', assertUnused);
  const asOwner = (server: string) =>
    Object.assign(at(server, 'core_db'), { username: 'core_owner', password }).href;
  const templates = `template_${randomBytes(6).toString('hex')}_`;
  return {
    addresses: {
      adminUrl: at(adminUrl, 'postgres').href,
      url: asOwner(adminUrl),
      replicaUrl: asOwner(replicaUrl ?? adminUrl),
      templates,
    },
    close: () =>
      asAdmin(adminUrl, 'postgres', async (admin) => {
        const { rows } = await admin.query<{ name: string }>(
          'select datname as name from pg_database where starts_with(datname, $1)',
          [templates],
        );
        for (const { name } of rows) await admin.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

async function assertUnused(admin: Client): Promise<void> {
  const { rows } = await admin.query<{ used: boolean }>(
    `select to_regclass('public.schema_migrations') is not null as used`,
  );
  if (!rows[0]?.used) return;
  throw new Error(
    `The server at ${TEST_POSTGRES} holds a core service in its database core_db. Tests would change the passwords of its roles. ` +
      'Use a server without a core service.',
  );
}

const asAdmin = (adminUrl: string, database: string, use: (admin: Client) => Promise<void>): Promise<void> =>
  withClient(at(adminUrl, database).href, use);

const at = (url: string, database: string): URL => Object.assign(new URL(url), { pathname: `/${database}` });
