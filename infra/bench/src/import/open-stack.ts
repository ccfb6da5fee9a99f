import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { createPool, migrateDatabase, type Pool } from '@core/db';
import { connectKafka, createTopics } from '@core/events';
import { createLogger } from '@core/runtime';
import {
  fetchKafkaJars,
  freePort,
  launch,
  launchApp,
  postgresDir,
  startKafka,
  startPostgres,
  startRedis,
  waitUntil,
  workspaceRoot,
  type Child,
  type ShopSettings,
} from '@core/testing';
import type { SuiteOptions } from '../suite.ts';

const log = createLogger('bench', 'silent');

export interface ImportStack {
  /** As the importer's role. */
  pool: Pool;
  /** As the owner, without time limits. */
  owner: Pool;
  ownerUrl: string;
  keys: MerchantKeyStore;
  /** Sets the stand-in's shop up, or does something to it. @returns what it answers */
  shop(domain: string, settings?: ShopSettings): Promise<ShopState>;
  /** Of the importer's log. */
  lastWords(): string;
  /** Starts an importer or a worker, as deployed. */
  start(app: 'importer' | 'worker', environment?: Record<string, string>): Promise<Child>;
  pids: { postgresql: number; redis: number; kafka: number; shopify: number };
}

/** What is read of the stand-in's state. */
export interface ShopState {
  customers: number;
  worstSecond: number;
  throttled: number;
  limited: number;
  violations: { rule: string; detail: string }[];
}

/** Everything an import needs, each service a process of its own. */
export async function openImportStack(
  dir: string,
  { cleanUps, signal, say }: Pick<SuiteOptions, 'cleanUps' | 'signal' | 'say'>,
): Promise<ImportStack> {
  const jars = await fetchKafkaJars(say);
  const [postgres, broker, redis] = await Promise.all([
    startPostgres({ dir: postgresDir(dir), replicas: 0, durable: true }),
    startKafka({ dir: join(dir, 'kafka'), jars }),
    startRedis({ dir: join(dir, 'redis'), persist: false }),
  ]);
  for (const service of [postgres, broker, redis]) cleanUps.add(() => service.stop());
  signal.throwIfAborted();
  const password = randomBytes(12).toString('hex');
  const roles = { core_worker: password, core_importer: password };
  await migrateDatabase(postgres.primary.url, join(workspaceRoot(), 'libs/db/migrations'), roles);
  const kafka = connectKafka({ brokers: [broker.broker], clientId: 'bench' });
  await createTopics(kafka);
  await kafka.close();

  const at = { host: '127.0.0.1', port: postgres.primary.port };
  const env = {
    CORE_DB_HOST: at.host,
    CORE_DB_PORT: at.port,
    CORE_DB_NAME: 'core_db',
    CORE_DB_USER: 'core_importer',
    CORE_DB_PASSWORD: password,
    CORE_DB_TLS: false,
    CORE_DB_POOL: 4,
    CORE_DB_POOLER: 'none' as const,
  };
  const pool = createPool(env, { app: 'bench', log });
  cleanUps.add(() => pool.end());
  const ownerUrl = new URL(postgres.primary.url);
  const owner = createPool(
    { ...env, CORE_DB_USER: ownerUrl.username, CORE_DB_PASSWORD: ownerUrl.password },
    { app: 'bench-owner', log },
  );
  cleanUps.add(() => owner.end());
  const keyring = `k1:${randomBytes(32).toString('base64')}`;
  const standIn = await startStandIn(dir, cleanUps);

  return {
    pool,
    owner,
    ownerUrl: postgres.primary.url,
    keys: createMerchantKeyStore(parseKeyring(keyring)),
    shop: (domain, settings) => standIn.control(domain, settings),
    lastWords: () => readFileSync(join(dir, 'importer.log'), 'utf8').slice(-4_000),
    async start(app, environment = {}) {
      const child = await launchApp({
        app,
        dir,
        bundled: true,
        env: {
          ...Object.fromEntries(Object.entries(env).map(([name, value]) => [name, String(value)])),
          CORE_DB_USER: `core_${app}`,
          CORE_DB_POOL: '10',
          CORE_ENCRYPTION_KEYS: keyring,
          CORE_ADMIN_PORT: '0',
          LOG_LEVEL: 'warn',
          ...(app === 'worker'
            ? { KAFKA_BROKER: broker.broker }
            : { REDIS_URL: redis.url, SHOPIFY_BASE_URL: standIn.url }),
          ...environment,
        },
      });
      cleanUps.add(() => child.stop());
      return child;
    },
    pids: {
      postgresql: postgres.primary.child.pid,
      redis: redis.child.pid,
      kafka: broker.child.pid,
      shopify: standIn.pid,
    },
  };
}

/** The Shopify stand-in in a process of its own: its work is not to be taken for ours. */
async function startStandIn(dir: string, cleanUps: SuiteOptions['cleanUps']) {
  const port = await freePort();
  const child = await launch({
    name: 'shopify',
    command: process.execPath,
    args: [join(workspaceRoot(), 'libs/testing/src/shopify/main.ts')],
    cwd: workspaceRoot(),
    env: { PATH: process.env['PATH'], SHOPIFY_STANDIN_PORT: String(port), SHOPIFY_STANDIN_CUSTOMERS: '0' },
    logFile: join(dir, 'shopify.log'),
    pidFile: join(dir, 'shopify.pid'),
  });
  cleanUps.add(() => child.stop());
  const origin = `http://127.0.0.1:${port}`;
  const control = async (domain: string, settings?: ShopSettings): Promise<ShopState> => {
    const init = settings && { method: 'POST', body: JSON.stringify(settings) };
    const reply = await fetch(`${origin}/_control/shops/${domain}`, init);
    if (!reply.ok) throw new Error(`the stand-in answers ${reply.status}`);
    return (await reply.json()) as ShopState;
  };
  await waitUntil(
    () =>
      control('bench.myshopify.com').then(
        () => true,
        () => false,
      ),
    { what: 'the stand-in' },
  );
  return { url: `${origin}/{shop}`, pid: child.pid, control };
}
