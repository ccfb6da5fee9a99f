import { randomBytes, randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import type { MerchantKeyStore } from '@core/crypto';
import { inTransaction, type Pool, type Tx } from '@core/db';
import { connectShop, type CommandContext } from '@core/domain';
import type { KafkaClient } from '@core/events';
import { DEV_ACCESS_TOKEN, type Shop, type ShopifyStandIn } from '@core/shopify-stand-in';
import { startStack, type AppName } from '@core/stack';
import { aMerchantId, createIssuer, jwksOf, type Child, type TokenIssuer } from '@core/testing';

/** The whole service, one process per app, without faults: the input from outside is the fault. */
export interface FieldStack extends AsyncDisposable {
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
  /** Issuers whose keys the api accepts at the same time. */
  issuers: readonly [TokenIssuer, TokenIssuer];
  /** The environment of the app's processes and of `ops`. */
  environmentOf(app: AppName): Record<string, string>;
  processes: readonly Child[];
  /** Connects a new shop of a new merchant. */
  newShop(customers?: number): Promise<FieldShop>;
  ctx(): CommandContext;
  as<T>(merchantId: MerchantId, work: (tx: Tx) => Promise<T>): Promise<T>;
}

export interface FieldShop {
  merchantId: MerchantId;
  shop: string;
  /** The shop in the stand-in. */
  far: Shop;
}

export async function openFieldStack(say: (line: string) => void): Promise<FieldStack> {
  await using started = new AsyncDisposableStack();
  const stack = started.use(
    await startStack({
      postgres: {},
      kafka: {},
      redis: { persist: false },
      auth: {},
      shopify: { customers: 0, seed: 'field', plan: 'plus' },
      say: (line) => say(`... ${line}`),
    }),
  );
  const { keys, shopify } = stack;
  const issuers = [createIssuer(), createIssuer()] as const;
  const [api, ...others] = await Promise.all([
    stack.start('api', {
      env: {
        CORE_API_PROCESSES: '1',
        CORE_CORS_ORIGINS: 'https://admin.example.com',
        ...issuers[0].env,
        CORE_AUTH_JWKS: jwksOf(...issuers.map(({ key }) => key)),
      },
    }),
    stack.start('worker', { env: { RFM_UNKNOWN_WAIT: '5' } }),
    stack.start('importer', { env: { SHOPIFY_REST: 'true' } }),
  ]);
  const pool = stack.pool('core_api', { max: 4 });
  const ctx = (): CommandContext => ({ caller: 'faults', requestId: randomUUID(), keys });
  const as = <T>(merchantId: MerchantId, work: (tx: Tx) => Promise<T>) =>
    inTransaction(pool, work, { merchantId });
  const stops = started.move();
  return {
    owner: stack.pool('core_owner', { max: 4 }),
    api: pool,
    keys,
    shopify,
    kafka: stack.connectKafka(),
    broker: stack.broker,
    grpcPort: api.ports.grpc,
    httpUrl: api.url,
    issuers,
    environmentOf: stack.envOf,
    processes: [api, ...others].map(({ child }) => child),
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
    [Symbol.asyncDispose]: () => stops.disposeAsync(),
  };
}
