import { createHash, randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import { waitUntil } from '../services/wait-until.ts';
import { ensureTemplate } from './template.ts';
import { testServices } from './test-services.ts';
import { untilReplayed } from './until-replayed.ts';
import { withClient } from './with-client.ts';

export interface TestDatabaseOptions {
  /** The text whose hash names the template. It must change with the migrations and functions. */
  template: string;
  /** Migrates an empty database to the newest schema, with the url of core_owner. */
  migrate: (url: string) => Promise<void>;
  /** Settings of each clone. PostgreSQL does not copy the settings of a template. */
  settings?: Readonly<Record<string, string>>;
}

export interface TestDatabase {
  name: string;
  /** core_owner on the primary. */
  url: string;
  /** core_owner on the standby, which has already replicated the database. */
  replicaUrl: string;
  /** The url on the primary for core_api, core_worker or core_importer. */
  urlFor(role: string): string;
  replicaUrlFor(role: string): string;
  /** Drops the database. Waits up to 10 s for open connections to close, then closes them by force. */
  drop(): Promise<void>;
}

/** Creates a database for one test: a clone of the migrated template, which takes tens of milliseconds. */
export async function createTestDatabase({
  template,
  migrate,
  settings = {},
}: TestDatabaseOptions): Promise<TestDatabase> {
  const { adminUrl, url, replicaUrl, templates = 'template_' } = testServices().postgres;
  const { password } = new URL(url); // the apps' roles share core_owner's
  const name = `test_${randomBytes(8).toString('hex')}`;
  const templateName = `${templates}${createHash('sha256').update(template).digest('hex').slice(0, 16)}`;

  await withClient(adminUrl, async (admin) => {
    await ensureTemplate(admin, templateName, (database) => migrate(change(url, { database })), password);
    await admin.query(`create database ${name} template ${templateName} owner core_owner`);
    // A clone does not copy the privileges on the database itself.
    await admin.query(`revoke temporary on database ${name} from public`);
    for (const [setting, value] of Object.entries(settings)) {
      await admin.query(`alter database ${name} set ${setting} = ${value}`);
    }
    await untilReplayed(admin, change(replicaUrl, { database: 'postgres' }));
  });

  return {
    name,
    url: change(url, { database: name }),
    replicaUrl: change(replicaUrl, { database: name }),
    urlFor: (user) => change(url, { database: name, user }),
    replicaUrlFor: (user) => change(replicaUrl, { database: name, user }),
    drop: () =>
      withClient(adminUrl, async (admin) => {
        await waitForSessionsToClose(admin, name);
        await admin.query(`drop database if exists ${name} with (force)`);
      }),
  };
}

/**
 * Waits until no session is connected to the database, at most 10 s. A pool's end() resolves before its
 * sessions have closed. A session that is terminated at that moment sends an error to its client, which has
 * no listener any more: an uncaught error in an unrelated spec.
 */
async function waitForSessionsToClose(admin: Client, database: string): Promise<void> {
  const sessions = () => admin.query('select from pg_stat_activity where datname = $1', [database]);
  const gone = waitUntil(async () => (await sessions()).rowCount === 0, {
    what: 'the sessions to end',
    limitMs: 10_000,
    everyMs: 10,
  });
  await gone.catch(() => undefined);
}

function change(url: string, { database, user }: { database: string; user?: string }): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  if (user !== undefined) changed.username = user;
  return changed.href;
}
