import { join } from 'node:path';
import type { MerchantKeyStore } from '@core/crypto';
import type { Pool } from '@core/db';
import type { ShopifyStandIn } from '@core/shopify-stand-in';
import { startStack, type Stack } from '@core/stack';
import { startRedis } from '@core/testing';
import { startTrapProxy, type TrapProxy } from '../trap-proxy.ts';

export interface ImportStack extends AsyncDisposable {
  stack: Stack;
  owner: Pool;
  /** A pool as the api's role, which connects shops and starts runs. */
  api: Pool;
  keys: MerchantKeyStore;
  shopify: ShopifyStandIn;
  /** The proxies for the traffic of the importers. */
  shopifyProxy: TrapProxy;
  postgresProxy: TrapProxy;
  redisProxy: TrapProxy;
  /** The variables of an importer process that differ from the stack's. */
  environment: Record<string, string>;
  redis: {
    flush(): Promise<void>;
    /** Kills Redis with SIGKILL; it is empty after the restart. */
    restart(): Promise<void>;
  };
  /** Kills PostgreSQL with SIGKILL and restarts it with the committed data. */
  restartPostgres(): Promise<void>;
}

/** The number of requests that importers may send to a shop in any second. */
export const CEILING = 40;

export async function openImportStack(): Promise<ImportStack> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(
    await startStack({
      // Durable: the committed data must survive a restart.
      postgres: { durable: true },
      redis: { persist: false, fresh: true },
      shopify: { customers: 0, seed: 'faults' },
    }),
  );
  const { primary } = stack.postgres;
  const { shopify } = stack;
  let { redis } = stack;
  const proxied = async (port: () => number) => {
    const proxy = await startTrapProxy(port);
    stack.defer(() => proxy.close());
    return proxy;
  };
  const postgresProxy = await proxied(() => primary.port);
  const redisProxy = await proxied(() => redis.port);
  const shopifyProxy = await proxied(() => shopify.port);
  const stops = started.move();
  return {
    stack,
    owner: stack.pool('core_owner', { max: 4 }),
    api: stack.pool('core_api', { max: 4 }),
    keys: stack.keys,
    shopify,
    shopifyProxy,
    postgresProxy,
    redisProxy,
    environment: {
      CORE_DB_PORT: String(postgresProxy.port),
      REDIS_URL: `redis://127.0.0.1:${redisProxy.port}`,
      SHOPIFY_BASE_URL: `http://127.0.0.1:${shopifyProxy.port}/{shop}`,
      SHOPIFY_CEILING: String(CEILING),
      SHOPIFY_REST: 'true',
      LOG_LEVEL: 'info',
    },
    redis: {
      flush: () => redis.flush(),
      restart: async () => {
        await redis.child.kill();
        const { port } = redis;
        redis = await startRedis({ dir: join(stack.dir, 'redis'), port, persist: false, fresh: true });
        stack.defer(redis.stop);
      },
    },
    restartPostgres: async () => {
      await primary.child.kill();
      await primary.restart();
    },
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}
