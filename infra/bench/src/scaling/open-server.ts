import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { getTableName } from 'drizzle-orm';
import { createMerchantKeyStore, parseKeyring, type Keyring, type MerchantKeyStore } from '@core/crypto';
import { createPool, customers, migrateDatabase, type Pool } from '@core/db';
import { createLogger } from '@core/runtime';
import { partitionTables, postgresDir, startPostgres, withClient, workspaceRoot } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

const log = createLogger('bench', 'silent');

/** A database with the whole schema, and the roles that the apps have there. */
export interface ScalingDatabase {
  name: string;
  /** The owner's, and a superuser's. */
  ownerUrl: string;
  adminUrl: string;
  owner: Pool;
  api: Pool;
  worker: Pool;
  importer: Pool;
  keyring: Keyring;
  keys: MerchantKeyStore;
  databasePid: number;
}

export interface ScalingServer {
  pid: number;
  adminUrl: string;
  /** @param partitions of the customers, by their merchant; one table unless given */
  create(name: string, partitions?: number): Promise<ScalingDatabase>;
  /** Copies a database file by file, for which its connections are closed. @returns the copy, and itself */
  copy(from: ScalingDatabase, name: string): Promise<[ScalingDatabase, ScalingDatabase]>;
  drop(database: ScalingDatabase): Promise<void>;
  /** Whether a page is logged whole when it is first written after a checkpoint. */
  logWholePages(whether: boolean): Promise<void>;
}

/** Connections of each app to a database. */
const POOL = 8;

/**
 * One durable PostgreSQL without replicas. Vacuum is run by the suite alone: one that began by itself would meet the
 * measurement of one contestant and not of the other.
 */
export async function openServer(
  dir: string,
  { cleanUps, signal }: Pick<SuiteOptions, 'cleanUps' | 'signal'>,
): Promise<ScalingServer> {
  const settings = { autovacuum: 'off', shared_buffers: '1GB', max_wal_size: '8GB' };
  const { primary, stop } = await startPostgres({ dir: postgresDir(dir), durable: true, settings });
  cleanUps.add(stop);
  signal.throwIfAborted();
  const password = randomBytes(12).toString('hex');
  const passwords = { core_api: password, core_worker: password, core_importer: password };
  const keyring = parseKeyring(`k1:${randomBytes(32).toString('base64')}`);
  const opened = new Set<ScalingDatabase>();
  const urlTo = (url: string, database: string) =>
    Object.assign(new URL(url), { pathname: `/${database}` }).href;

  const asAdmin = (text: string) => withClient(primary.adminUrl, (client) => client.query(text));
  const open = (name: string): ScalingDatabase => {
    const owner = new URL(primary.url);
    const poolOf = (user: string, itsPassword = password) =>
      createPool(
        {
          CORE_DB_HOST: '127.0.0.1',
          CORE_DB_PORT: primary.port,
          CORE_DB_NAME: name,
          CORE_DB_USER: user,
          CORE_DB_PASSWORD: itsPassword,
          CORE_DB_TLS: false,
          CORE_DB_POOL: POOL,
          CORE_DB_POOLER: 'none',
        },
        { app: 'bench', log },
      );
    const database: ScalingDatabase = {
      name,
      ownerUrl: urlTo(primary.url, name),
      adminUrl: urlTo(primary.adminUrl, name),
      owner: poolOf(owner.username, owner.password),
      api: poolOf('core_api'),
      worker: poolOf('core_worker'),
      importer: poolOf('core_importer'),
      keyring,
      // Of each database its own: a store keeps the keys by merchant.
      keys: createMerchantKeyStore(keyring),
      databasePid: primary.child.pid,
    };
    opened.add(database);
    return database;
  };
  const close = async (database: ScalingDatabase) => {
    if (!opened.delete(database)) return;
    const { owner, api, worker, importer } = database;
    await Promise.all([owner, api, worker, importer].map((pool) => pool.end()));
  };
  cleanUps.add(() => Promise.all([...opened].map(close)));

  return {
    pid: primary.child.pid,
    adminUrl: primary.adminUrl,
    async create(name, partitions) {
      await asAdmin(`create database ${name} owner core_owner`);
      const url = urlTo(primary.url, name);
      await migrateDatabase(url, join(workspaceRoot(), 'libs/db/migrations'), passwords);
      if (partitions !== undefined)
        await partitionTables(url, { only: [getTableName(customers)], partitions });
      return open(name);
    },
    async copy(from, name) {
      await close(from);
      await asAdmin(`create database ${name} template ${from.name} owner core_owner strategy file_copy`);
      return [open(name), open(from.name)];
    },
    async drop(database) {
      await close(database);
      await asAdmin(`drop database ${database.name} with (force)`);
    },
    async logWholePages(whether) {
      await asAdmin(`alter system set full_page_writes = ${whether ? 'on' : 'off'}`);
      await asAdmin('select pg_reload_conf()');
    },
  };
}
