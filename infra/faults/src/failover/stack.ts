import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Pool } from 'pg';
import { createMerchantKeyStore, parseKeyring, type MerchantKeyStore } from '@core/crypto';
import { migrateDatabase } from '@core/db';
import { connectKafka, createTopics, type KafkaClient } from '@core/events';
import {
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  endPool,
  fetchKafkaJars,
  grpcClient,
  launchApp,
  makeServicesDir,
  postgresDir,
  removeServicesDir,
  startApi,
  startAuthStandIn,
  startFreezingProxy,
  startKafka,
  startPgbouncer,
  startPostgres,
  startRedis,
  startShopifyStandIn,
  untilReplayed,
  workspaceRoot,
  type FreezingProxy,
  type GrpcClient,
  type PostgresNode,
  type ShopifyStandIn,
} from '@core/testing';

export interface FailoverStack {
  dir: string;
  primary: PostgresNode;
  /**
   * The first replica is promoted; the second keeps following the old primary, because no tooling has moved
   * it.
   */
  replicas: [PostgresNode, PostgresNode];
  /** The address of the primary that the apps use. */
  address: FreezingProxy;
  /** The owner's pool on a node, which bypasses the address. */
  owner(node: PostgresNode): Pool;
  /**
   * Waits until every replica of the server behind the address has what that one has written by now: a read from then on
   * finds it anywhere.
   */
  untilFollowed(): Promise<void>;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  shopify: ShopifyStandIn;
  rpc: GrpcClient;
  close(): Promise<void>;
}

/** Requests to a shop in a second: slow, so that one import outlasts every scenario. */
const CEILING = 4;

/** How long a server may take to answer the suite itself. */
const QUESTION_MS = 60_000;

/** No quota, of any cost. */
const UNLIMITED = 'score_reads=0,reads=0,writes=0,exports=0,in_flight=0';

/**
 * The whole service, with api, worker and importer as processes, on a primary behind a proxy.
 * @param pooler the mode of a pgbouncer in front of each node; none unless given
 */
export async function openFailoverStack(
  say: (line: string) => void,
  pooler?: 'session' | 'transaction',
): Promise<FailoverStack> {
  const dir = makeServicesDir();
  const closing: (() => Promise<unknown> | unknown)[] = [() => removeServicesDir(dir)];
  const close = async () => {
    for (let next = closing.pop(); next; next = closing.pop()) await next();
  };
  const opened = <T>(thing: T, end: (thing: T) => Promise<unknown> | unknown): T => {
    closing.push(() => end(thing));
    return thing;
  };
  try {
    const postgres = opened(await startPostgres({ dir: postgresDir(dir), replicas: 2 }), (it) => it.stop());
    const { primary } = postgres;
    const address = opened(await startFreezingProxy(), (it) => it.close());
    address.to(primary.port);
    const password = randomBytes(12).toString('hex');
    const roles = {
      core_api: password,
      core_worker: password,
      core_importer: password,
      core_sealer: password,
    };
    await migrateDatabase(primary.url, join(workspaceRoot(), 'libs/db/migrations'), roles);
    const jars = await fetchKafkaJars(say);
    const broker = opened(await startKafka({ dir: join(dir, 'kafka'), jars }), (it) => it.stop());
    const redis = opened(await startRedis({ dir: join(dir, 'redis'), persist: false, fresh: true }), (it) =>
      it.stop(),
    );
    const shopify = opened(await startShopifyStandIn({ customers: 0, seed: 'failover' }), (it) => it.close());
    const auth = opened(await startAuthStandIn(), (it) => it.close());
    const brokers = [`127.0.0.1:${broker.port}`];
    const kafka = opened(connectKafka({ brokers, clientId: 'failover' }), (it) => it.close());
    await createTopics(kafka);

    const keyring = `k1:${randomBytes(32).toString('base64')}`;
    const as = (role: string, port: number) => `postgresql://${role}:${password}@127.0.0.1:${port}/core_db`;
    const pooled = async (port: number): Promise<number> => {
      if (!pooler) return port;
      const bouncer = await startPgbouncer({
        dir: join(dir, `pgbouncer-${port}`),
        server: { host: '127.0.0.1', port },
        mode: pooler,
        roles,
      });
      return opened(bouncer, (it) => it.stop()).port;
    };
    const [primaryPort, ...replicaPorts] = [
      await pooled(address.port),
      ...(await Promise.all(postgres.replicas.map(({ port }) => pooled(port)))),
    ] as [number, ...number[]];
    const poolerEnv = { CORE_DB_POOLER: pooler ?? 'none' };
    const api = await startApi(
      dir,
      {
        database: as('core_api', primaryPort),
        replicas: replicaPorts.map((port) => as('core_api', port)),
        auth: auth.address,
      },
      {
        CORE_ENCRYPTION_KEYS: keyring,
        CORE_API_PROCESSES: '1',
        // One merchant makes all calls, and a refusal would count as a failure.
        CORE_QUOTA_MERCHANT: UNLIMITED,
        CORE_QUOTA_CALLER: UNLIMITED,
        ...poolerEnv,
      },
    );
    closing.push(() => api.child.stop());
    const environment = (role: string) => ({
      CORE_DB_HOST: '127.0.0.1',
      CORE_DB_PORT: String(primaryPort),
      ...poolerEnv,
      CORE_DB_NAME: 'core_db',
      CORE_DB_USER: role,
      CORE_DB_PASSWORD: password,
      CORE_ENCRYPTION_KEYS: keyring,
      CORE_ADMIN_PORT: '0',
    });
    const worker = await launchApp({
      app: 'worker',
      dir,
      env: {
        ...environment('core_worker'),
        CORE_DB_SEALER_PASSWORD: password,
        ...(pooler === 'transaction' && { CORE_DB_DIRECT: `127.0.0.1:${address.port}` }),
        KAFKA_BROKER: brokers[0],
      },
    });
    closing.push(() => worker.stop());
    const importer = await launchApp({
      app: 'importer',
      dir,
      env: {
        ...environment('core_importer'),
        REDIS_URL: redis.url,
        SHOPIFY_BASE_URL: `http://127.0.0.1:${shopify.port}/{shop}`,
        SHOPIFY_CLIENT_ID: DEV_CLIENT_ID,
        SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET,
        SHOPIFY_CEILING: String(CEILING),
      },
    });
    closing.push(() => importer.stop());
    const owners = new Map<PostgresNode, Pool>();
    const owner = (node: PostgresNode): Pool => {
      const known = owners.get(node);
      if (known) return known;
      // A question to a frozen server fails instead of holding the suite for ever.
      const pool = new Pool({ connectionString: node.url, max: 4, query_timeout: QUESTION_MS });
      pool.on('error', () => undefined);
      owners.set(node, pool);
      closing.push(() => endPool(pool));
      return pool;
    };
    return {
      dir,
      primary,
      replicas: postgres.replicas as [PostgresNode, PostgresNode],
      address,
      owner,
      untilFollowed: async () => {
        // Nothing follows a promoted replica, and the former primary, frozen, would answer no question.
        if (address.target() !== primary.port) return;
        await Promise.all(postgres.replicas.map(({ url }) => untilReplayed(owner(primary), url)));
      },
      keys: createMerchantKeyStore(parseKeyring(keyring)),
      kafka,
      shopify,
      rpc: opened(grpcClient(api.target), (it) => it.close()),
      close: async () => {
        // A frozen server ends no connection, and the parts above it could not be closed.
        for (const node of [primary, ...postgres.replicas]) node.thaw();
        address.thaw();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
