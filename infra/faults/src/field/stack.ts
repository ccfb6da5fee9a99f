import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { inTransaction, migrateDatabase, type Tx } from '@core/db';
import { connectShop, type CommandContext } from '@core/domain';
import { connectKafka, createTopics, type KafkaClient } from '@core/events';
import {
  aMerchantId,
  answersReady,
  apiEnvironment,
  createIssuer,
  DEV_ACCESS_TOKEN,
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  endPool,
  fetchKafkaJars,
  freePort,
  jwksOf,
  launchApp,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startAuthStandIn,
  startKafka,
  startPostgres,
  startRedis,
  startShopifyStandIn,
  whenReady,
  workspaceRoot,
  type Child,
  type Shop,
  type ShopifyStandIn,
  type TokenIssuer,
} from '@core/testing';

/** The whole service, an app a process, without faults: what comes from outside is the fault. */
export interface FieldStack {
  owner: Pool;
  api: Pool;
  keys: MerchantKeyStore;
  shopify: ShopifyStandIn;
  kafka: KafkaClient;
  /** host:port of Kafka. */
  broker: string;
  /** The gRPC port of the api. */
  grpcPort: number;
  /** The URL of the api's HTTP port, for Connect and webhooks. */
  httpUrl: string;
  /** Issuers whose keys the api accepts beside each other. */
  issuers: readonly [TokenIssuer, TokenIssuer];
  /** The environment of the app's processes and of `ops`. */
  environmentOf(app: App): Record<string, string>;
  processes: readonly Child[];
  /** A shop of a merchant of its own, connected. */
  newShop(customers?: number): Promise<FieldShop>;
  ctx(): CommandContext;
  as<T>(merchantId: MerchantId, work: (tx: Tx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

type App = 'api' | 'worker' | 'importer';

export interface FieldShop {
  merchantId: MerchantId;
  shop: string;
  /** The stand-in's side. */
  far: Shop;
}

export async function openFieldStack(say: (line: string) => void): Promise<FieldStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  try {
    const kafka = await startKafka({ dir: join(dir, 'kafka'), jars: await fetchKafkaJars(say) });
    closing.push(() => kafka.stop());
    const postgres = await startPostgres({ dir: postgresDir(dir), replicas: 0 });
    closing.push(() => postgres.stop());
    const redis = await startRedis({
      dir: join(dir, 'redis'),
      port: await freePort(),
      persist: false,
      fresh: true,
    });
    closing.push(() => redis.stop());
    const [auth, shopify] = [
      await startAuthStandIn(),
      await startShopifyStandIn({ customers: 0, seed: 'field', plan: 'plus' }),
    ];
    closing.push(() => Promise.all([auth.close(), shopify.close()]));
    const client = connectKafka({ brokers: [kafka.broker], clientId: 'field' });
    closing.push(() => client.close());
    await createTopics(client);

    const { primary } = postgres;
    const password = randomBytes(12).toString('hex');
    const roles = { core_api: password, core_worker: password, core_importer: password };
    await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), roles);
    const database = `postgresql://core_api:${password}@127.0.0.1:${primary.port}/core_db`;
    const owner = new Pool({ connectionString: primary.url, max: 4 });
    const api = new Pool({ connectionString: database, max: 4 });
    closing.push(() => Promise.all([endPool(owner), endPool(api)]));

    const keyring = `k1:${randomBytes(32).toString('base64')}`;
    const keys = createMerchantKeyStore(parseKeyring(keyring));
    const shopifyEnv = {
      SHOPIFY_BASE_URL: shopify.url,
      SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
      SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
    };
    const common = {
      ...apiEnvironment({ database, replicas: [], auth: auth.address }),
      CORE_ENCRYPTION_KEYS: keyring,
      KAFKA_BROKER: kafka.broker,
      REDIS_URL: `redis://127.0.0.1:${redis.port}`,
      LOG_LEVEL: 'warn',
      ...shopifyEnv,
    };
    const issuers = [createIssuer(), createIssuer()] as const;
    const [grpcPort, httpPort] = [await freePort(), await freePort()];
    const environmentOf = (app: App) => ({ ...common, CORE_DB_USER: `core_${app}` });
    const launched = async (app: App, own: Record<string, string>) => {
      const adminPort = await freePort();
      const env = { ...environmentOf(app), ...own, CORE_ADMIN_PORT: String(adminPort) };
      const child = await launchApp({ app, dir, env });
      closing.push(() => child.stop());
      return whenReady(child, () => answersReady(child, `http://127.0.0.1:${adminPort}`));
    };
    const processes = await Promise.all([
      launched('api', {
        CORE_GRPC_PORT: String(grpcPort),
        CORE_HTTP_PORT: String(httpPort),
        CORE_API_PROCESSES: '1',
        CORE_CORS_ORIGINS: 'https://admin.example.com',
        ...issuers[0].env,
        CORE_AUTH_JWKS: jwksOf(...issuers.map(({ key }) => key)),
      }),
      launched('worker', { RFM_UNKNOWN_WAIT: '5' }),
      launched('importer', { SHOPIFY_REST: 'true' }),
    ]);

    const ctx = (): CommandContext => ({ caller: 'faults', requestId: randomUUID(), keys });
    const as = <T>(merchantId: MerchantId, work: (tx: Tx) => Promise<T>) =>
      inTransaction(api, work, { merchantId });
    return {
      owner,
      api,
      keys,
      shopify,
      kafka: client,
      broker: kafka.broker,
      grpcPort,
      httpUrl: `http://127.0.0.1:${httpPort}`,
      issuers,
      environmentOf,
      processes,
      ctx,
      as,
      async newShop(customers = 0) {
        const shop = `shop-${randomBytes(6).toString('hex')}.myshopify.com`;
        const far = shopify.shop(shop);
        far.customers = customers;
        const merchantId = aMerchantId();
        const connection = { merchantId, shop, shopId: String(far.shopId), accessToken: DEV_ACCESS_TOKEN };
        await as(merchantId, (tx) => connectShop(tx, ctx(), connection));
        return { merchantId, shop, far };
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
