import { join } from 'node:path';
import type { MerchantKeyStore } from '@core/crypto';
import type { KafkaClient } from '@core/events';
import type { ShopifyStandIn } from '@core/shopify-stand-in';
import { startStack, type AppName } from '@core/stack';
import {
  endPool,
  grpcClient,
  startFreezingProxy,
  startPgbouncer,
  untilReplayed,
  type FreezingProxy,
  type GrpcClient,
  type PostgresNode,
} from '@core/testing';
import { Pool } from 'pg';

export interface FailoverStack extends AsyncDisposable {
  dir: string;
  primary: PostgresNode;
  /**
   * The first replica is promoted; the second keeps following the old primary, because no tool has redirected
   * it.
   */
  replicas: [PostgresNode, PostgresNode];
  /** The address of the primary that the apps use. */
  address: FreezingProxy;
  /** Returns the owner's pool on a node, which bypasses the address. */
  owner(node: PostgresNode): Pool;
  /**
   * Waits until every replica of the server behind the address has replayed everything that the server has
   * written so far: a later read finds it on any node.
   */
  untilFollowed(): Promise<void>;
  keys: MerchantKeyStore;
  kafka: KafkaClient;
  shopify: ShopifyStandIn;
  rpc: GrpcClient;
}

/** Requests to a shop per second: slow, so that one import outlasts every scenario. */
const CEILING = 4;

/** The time that a server may take to answer a query of the suite itself. */
const QUERY_TIMEOUT_MS = 60_000;

/** No quota for any cost. */
const UNLIMITED = 'score_reads=0,reads=0,writes=0,exports=0,in_flight=0';

/**
 * Starts the whole service, with api, worker and importer as processes, on a primary behind a proxy.
 * @param pooler the mode of a pgbouncer in front of each node; default: no pooler
 */
export async function openFailoverStack(
  say: (line: string) => void,
  pooler?: 'session' | 'transaction',
): Promise<FailoverStack> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(
    await startStack({
      postgres: { replicas: 2 },
      kafka: {},
      redis: { persist: false },
      shopify: { customers: 0, seed: 'failover' },
      auth: {},
      say: (line) => say(`... ${line}`),
    }),
  );
  const { primary, replicas } = stack.postgres;
  const address = await startFreezingProxy();
  stack.defer(() => address.close());
  address.to(primary.port);
  // A frozen server closes no connection, so the parts that depend on it could not be closed.
  const thaw = () => [primary, ...replicas, address].forEach((each) => each.thaw());

  const pooled = async (port: number): Promise<string> => {
    if (!pooler) return `127.0.0.1:${port}`;
    const bouncer = await startPgbouncer({
      dir: join(stack.dir, `pgbouncer-${port}`),
      server: { host: '127.0.0.1', port },
      mode: pooler,
      roles: stack.secrets.rolePasswords,
    });
    stack.defer(() => bouncer.stop());
    return `127.0.0.1:${bouncer.port}`;
  };
  const primaryAt = await pooled(address.port);
  const replicasAt = await Promise.all(replicas.map(({ port }) => pooled(port)));
  const database = {
    CORE_DB_PORT: new URL(`http://${primaryAt}`).port,
    CORE_DB_POOLER: pooler ?? 'none',
    LOG_LEVEL: 'info',
  };
  const own: Record<AppName, Record<string, string>> = {
    api: {
      CORE_DB_REPLICAS: replicasAt.join(),
      CORE_API_PROCESSES: '1',
      // One merchant makes all calls, and a refusal would count as a failure.
      CORE_QUOTA_MERCHANT: UNLIMITED,
      CORE_QUOTA_CALLER: UNLIMITED,
      LOG_LEVEL: 'warn',
    },
    worker: {
      CORE_DB_SEALER_PASSWORD: stack.secrets.rolePasswords.core_sealer,
      ...(pooler === 'transaction' && { CORE_DB_DIRECT: `127.0.0.1:${address.port}` }),
    },
    importer: { SHOPIFY_CEILING: String(CEILING) },
  };
  const api = await stack.start('api', { env: { ...database, ...own.api } });
  for (const app of ['worker', 'importer'] as const) {
    await stack.launch(app, { env: { ...database, ...own[app] } });
  }
  const owners = new Map<PostgresNode, Pool>();
  const owner = (node: PostgresNode): Pool => {
    const known = owners.get(node);
    if (known) return known;
    // A query to a frozen server fails instead of blocking the suite for ever.
    const pool = new Pool({ connectionString: node.url, max: 4, query_timeout: QUERY_TIMEOUT_MS });
    pool.on('error', () => undefined);
    owners.set(node, pool);
    stack.defer(() => endPool(pool));
    return pool;
  };
  const rpc = grpcClient(api.target);
  stack.defer(() => rpc.close());
  const stops = started.move();
  return {
    dir: stack.dir,
    primary,
    replicas: replicas as [PostgresNode, PostgresNode],
    address,
    owner,
    untilFollowed: async () => {
      // No node follows a promoted replica, and the former primary is frozen and would answer no query.
      if (address.target() !== primary.port) return;
      await Promise.all(replicas.map(({ url }) => untilReplayed(owner(primary), url)));
    },
    keys: stack.keys,
    kafka: stack.connectKafka(),
    shopify: stack.shopify,
    rpc,
    [Symbol.asyncDispose]: async () => {
      thaw();
      await stops.disposeAsync();
    },
  };
}
