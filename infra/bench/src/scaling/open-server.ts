import { join } from 'node:path';
import { getTableName } from 'drizzle-orm';
import { createMerchantKeyStore, parseKeyring, type Keyring, type MerchantKeyStore } from '@core/crypto';
import { createPool, customers, databaseEnv, migrateDatabase, type Pool } from '@core/db';
import { createLogger, readEnv } from '@core/runtime';
import { startStack, type Role } from '@core/stack';
import { databaseEnvironment, partitionTables, withClient, workspaceRoot } from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

const log = createLogger('bench', 'silent');

/** A database with the whole schema, and pools with the roles of the apps. */
export interface ScalingDatabase {
  name: string;
  /** The urls of the owner and of a superuser. */
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
  /**
   * Creates a database.
   * @param partitions the number of partitions of customers, by merchant; by default one table
   */
  create(name: string, partitions?: number): Promise<ScalingDatabase>;
  /**
   * Copies a database file by file, which closes its connections.
   * @returns the copy and the reopened original
   */
  copy(from: ScalingDatabase, name: string): Promise<[ScalingDatabase, ScalingDatabase]>;
  drop(database: ScalingDatabase): Promise<void>;
  /** Sets full_page_writes: whether the first change of a page after a checkpoint logs the whole page. */
  logWholePages(whether: boolean): Promise<void>;
}

/** Connections of each app to a database. */
const POOL = 8;

/**
 * Starts one durable PostgreSQL without replicas. Autovacuum is off, and only the suite runs VACUUM: an
 * automatic one would disturb the measurement of one contestant and not that of the other.
 */
export async function openServer(
  dir: string,
  { stops, say, signal }: Pick<SuiteOptions, 'stops' | 'say' | 'signal'>,
): Promise<ScalingServer> {
  const settings = { autovacuum: 'off', shared_buffers: '1GB', max_wal_size: '8GB' };
  const stack = stops.use(await startStack({ dir, postgres: { durable: true, settings }, say, signal }));
  const { primary } = stack.postgres;
  const { rolePasswords } = stack.secrets;
  const keyring = parseKeyring(stack.secrets.encryptionKeys);
  const opened = new Set<ScalingDatabase>();
  const urlTo = (url: string, database: string) =>
    Object.assign(new URL(url), { pathname: `/${database}` }).href;

  const asAdmin = (text: string) => withClient(primary.adminUrl, (client) => client.query(text));
  const open = (name: string): ScalingDatabase => {
    const poolOf = (role: Role) => {
      const at = databaseEnvironment(urlTo(stack.database.urlFor(role), name));
      return createPool(readEnv(databaseEnv, { ...at, CORE_DB_POOL: String(POOL) }), { app: 'bench', log });
    };
    const database: ScalingDatabase = {
      name,
      ownerUrl: urlTo(primary.url, name),
      adminUrl: urlTo(primary.adminUrl, name),
      owner: poolOf('core_owner'),
      api: poolOf('core_api'),
      worker: poolOf('core_worker'),
      importer: poolOf('core_importer'),
      keyring,
      // One store per database, because a store caches the keys by merchant.
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
  stack.defer(() => Promise.all([...opened].map(close)));

  return {
    pid: primary.child.pid,
    adminUrl: primary.adminUrl,
    async create(name, partitions) {
      await asAdmin(`create database ${name} owner core_owner`);
      const url = urlTo(primary.url, name);
      await migrateDatabase(url, join(workspaceRoot(), 'libs/db/migrations'), rolePasswords);
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
