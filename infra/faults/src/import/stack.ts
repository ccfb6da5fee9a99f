import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { migrateDatabase } from '@core/db';
import {
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  endPool,
  freePort,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startPostgres,
  startRedis,
  startShopifyStandIn,
  workspaceRoot,
  type Redis,
  type ShopifyStandIn,
} from '@core/testing';
import { startTrapProxy, type TrapProxy } from '../trap-proxy.ts';

export interface ImportStack {
  dir: string;
  owner: Pool;
  /** As the api's role: it connects shops and starts runs. */
  api: Pool;
  keys: MerchantKeyStore;
  shopify: ShopifyStandIn;
  /** The importers' traffic. */
  shopifyProxy: TrapProxy;
  postgresProxy: TrapProxy;
  redisProxy: TrapProxy;
  /** Of an importer process. */
  environment: Record<string, string>;
  redis: {
    flush(): Promise<void>;
    /** SIGKILL, and empty when it comes back. */
    restart(): Promise<void>;
  };
  /** SIGKILL, and back with what was committed. */
  restartPostgres(): Promise<void>;
  close(): Promise<void>;
}

/** Requests in any second that importers may send to a shop. */
export const CEILING = 40;

export async function openImportStack(): Promise<ImportStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  const proxied = async (port: () => number) => {
    const proxy = await startTrapProxy(port);
    closing.push(() => proxy.close());
    return proxy;
  };
  try {
    // Durable: a restart must find what was committed.
    const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 0, durable: true });
    closing.push(() => postgres.stop());
    const { primary } = postgres;
    const password = randomBytes(12).toString('hex');
    const roles = { core_api: password, core_importer: password };
    await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), roles);
    const database = `127.0.0.1:${primary.port}/core_db`;
    const owner = new Pool({ connectionString: primary.url, max: 4 });
    const api = new Pool({ connectionString: `postgresql://core_api:${password}@${database}`, max: 4 });
    // A restart ends them all; who asks next gets a new one.
    for (const pool of [owner, api]) pool.on('error', () => undefined);
    closing.push(() => Promise.all([endPool(owner), endPool(api)]));

    const redisPort = await freePort();
    const openRedis = () =>
      startRedis({ dir: join(dir, 'redis'), port: redisPort, persist: false, fresh: true });
    let redis: Redis = await openRedis();
    closing.push(() => redis.stop());
    const shopify = await startShopifyStandIn({ customers: 0, seed: 'faults' });
    closing.push(() => shopify.close());

    const [postgresProxy, redisProxy, shopifyProxy] = [
      await proxied(() => primary.port),
      await proxied(() => redis.port),
      await proxied(() => shopify.port),
    ];
    const keyring = `k1:${randomBytes(32).toString('base64')}`;
    return {
      dir,
      owner,
      api,
      keys: createMerchantKeyStore(parseKeyring(keyring)),
      shopify,
      shopifyProxy,
      postgresProxy,
      redisProxy,
      environment: {
        CORE_DB_HOST: '127.0.0.1',
        CORE_DB_PORT: String(postgresProxy.port),
        CORE_DB_NAME: 'core_db',
        CORE_DB_USER: 'core_importer',
        CORE_DB_PASSWORD: password,
        CORE_ENCRYPTION_KEYS: keyring,
        REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
        SHOPIFY_BASE_URL: `http://127.0.0.1:${shopifyProxy.port}/{shop}`,
        SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
        SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
        SHOPIFY_CEILING: String(CEILING),
        SHOPIFY_REST: 'true',
        LOG_LEVEL: 'info',
      },
      redis: {
        flush: () => redis.flush(),
        restart: async () => {
          await redis.child.kill();
          redis = await openRedis();
        },
      },
      restartPostgres: async () => {
        await primary.child.kill();
        await primary.restart();
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
