import { randomBytes, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { CustomerId, ImportId, MerchantId } from '@core/contracts';
import { readEmail } from '@core/crypto';
import { inTransaction, type Tx } from '@core/db';
import {
  cancelImport,
  connectShop,
  getImport,
  resumeImport,
  startImport,
  type CommandContext,
  type ImportRun,
  type StartImport,
} from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { createPlanTierCache, readNode, Unauthorized, type Limiter } from '@core/shopify';
import {
  DEV_ACCESS_TOKEN,
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  shopIdOf,
  type Shop,
  type ShopifyStandIn,
} from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import { aMerchantId, assertShopDirectory, testServices, waitUntil } from '@core/testing';
import { startImporter } from '../src/importer.ts';
import { GIVE_UP_AFTER_MS } from '../src/jobs/page-failure.ts';
import { createImporterMetrics } from '../src/metrics.ts';
import { connectRedis } from '../src/redis.ts';
import { bindShops } from '../src/shop-clients.ts';
import { createTokenKeeper } from '../src/tokens/token-keeper.ts';
import type { WebhookSettings } from '../src/webhooks/check-webhooks.ts';

export type World = Awaited<ReturnType<typeof openWorld>>;
export interface ConnectedShop {
  merchantId: MerchantId;
  shop: string;
  /** The stand-in's interface to the shop. */
  far: Shop;
}

export const UNLIMITED: Limiter = {
  admit: () => Promise.resolve({ granted: true, permit: 'permit' }),
  settle: () => Promise.resolve(),
};

export const LIMITS = { ceiling: 40, headroom: 0.1 };

/** Redis databases isolate the spec files, which share one server and one queue name. */
export const redisUrl = (database: number) => `${testServices().redis.url}/${database}`;

/**
 * Row-level security restricts the importer to the merchant that a transaction names, but allows everything
 * without a name. These triggers require that the data of a page is stored under a name.
 */
const ONLY_BY_NAME = `
  create function refuse_without_name() returns trigger language plpgsql as $$
  begin
    if current_user = 'core_importer' and
       (coalesce(new, old)).merchant_id::text is distinct from current_setting('core.merchant_id', true) then
      raise 'a transaction that names no merchant writes to %', tg_table_name;
    end if;
    return coalesce(new, old);
  end $$;
  create trigger by_name before insert or update or delete on customers
    for each row execute function refuse_without_name();
  create trigger by_name before insert or update or delete on customer_import_ids
    for each row execute function refuse_without_name();
  create trigger by_name before insert or update or delete on customer_import_errors
    for each row execute function refuse_without_name();`;

/**
 * Opens a database, a separate Redis database for the spec file, and a stand-in. Importers start against
 * them.
 */
export async function openWorld(options: { redisDatabase: number }) {
  const stack = await startStack({
    services: 'run',
    postgres: {},
    redis: { database: options.redisDatabase },
    shopify: { customers: 0 },
  });
  // Each side connects with its app's role, so that a missing privilege is detected.
  const pool = stack.pool('core_importer', { max: 20 });
  const api = stack.pool('core_api', { max: 4 });
  const owner = stack.pool('core_owner', { max: 4 });
  await owner.query(ONLY_BY_NAME);
  const redis = new Redis(stack.redisUrl);
  const { keys, shopify: standIn } = stack;
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys };
  const log = createLogger('importer', 'fatal');
  const shopify = { baseUrl: standIn.url, apiVersion: '2026-10' };
  const tokens = createTokenKeeper({
    pool,
    keys,
    ...shopify,
    clientId: DEV_CLIENT_ID,
    clientSecret: DEV_CLIENT_SECRET,
    signal: new AbortController().signal,
  });
  const running = new Set<{ stop(): Promise<void> }>();
  let brokenBefore = 0;
  const asApi = <T>({ merchantId }: { merchantId: MerchantId }, work: (tx: Tx) => Promise<T>): Promise<T> =>
    inTransaction(api, work, { merchantId });

  return {
    stack,
    pool,
    owner,
    redis,
    standIn,
    ctx,
    log,
    shopify,
    tokens,
    asApi,
    /**
     * Creates a client like another instance of the app: with the shop's token, but outside the importers'
     * limiter.
     */
    unlimited: ({ merchantId, shop, far }: ConnectedShop, signal: AbortSignal) =>
      bindShops({
        api: shopify,
        tokens: { read: async () => far.accessToken, refresh: () => Promise.reject(new Unauthorized()) },
        limiter: UNLIMITED,
        planTiers: createPlanTierCache(),
        metrics: createImporterMetrics(new Registry(), () => 0),
        log,
      })({ merchantId, shop }, { signal }),
    startImporter({
      giveUpAfterMs = GIVE_UP_AFTER_MS,
      concurrency = 8,
      bulkFrom = 1_000_000,
      restEntitled = true,
      ceiling = LIMITS.ceiling,
      webhooks = { by: 'app' } as WebhookSettings,
      reconcileEveryMs = 0,
      metrics = new Registry(),
      connections = connectRedis({ url: redisUrl(options.redisDatabase) }, () => undefined),
    } = {}) {
      const importer = startImporter({
        pool,
        redis: connections,
        keys,
        api: shopify,
        tokens,
        settings: { restEntitled, bulkFrom },
        concurrency,
        limits: { ...LIMITS, ceiling },
        segments: { checkEveryMs: 100, settleMs: 200 },
        giveUpAfterMs,
        webhooks,
        reconcileEveryMs,
        metrics,
        log,
      });
      const stop = async () => {
        running.delete(started);
        await importer.stop();
        connections.close();
      };
      const started = { stop };
      running.add(started);
      return started;
    },
    async connect(
      customers: number,
      latencyMs: [number, number] = [0, 0],
      merchantId: MerchantId = aMerchantId(),
    ): Promise<ConnectedShop> {
      const shop = `shop-${randomBytes(6).toString('hex')}.myshopify.com`;
      const far = standIn.shop(shop);
      far.customers = customers;
      far.latencyMs = latencyMs;
      await asApi({ merchantId }, (tx) =>
        connectShop(tx, ctx, {
          merchantId,
          shop,
          shopId: String(shopIdOf(shop)),
          accessToken: DEV_ACCESS_TOKEN,
        }),
      );
      // A check would add its request to those that specs count.
      await owner.query(
        `update shopify_connections set webhooks_due_at = now() + interval '1 day' where shop = $1`,
        [shop],
      );
      return { merchantId, shop, far };
    },
    start: (
      { merchantId, shop }: ConnectedShop,
      mode: StartImport['mode'] = 'full',
      source: StartImport['source'] = 'auto',
    ) =>
      asApi({ merchantId }, async (tx) => ({
        merchantId,
        ...(await startImport(tx, ctx, { merchantId, shop, mode, source })),
      })),
    cancel: (ref: Ref) => asApi(ref, (tx) => cancelImport(tx, ctx, ref)),
    resume: (ref: Ref) => asApi(ref, (tx) => resumeImport(tx, ctx, ref)),
    show: (ref: Ref) => asApi(ref, (tx) => getImport(tx, ref)),
    /** Waits until the run meets the condition, and returns that state of the run. */
    until: (ref: Ref, what: string, holds: (run: ImportRun) => boolean): Promise<ImportRun> =>
      waitUntil(
        async () => {
          const run = await asApi(ref, (tx) => getImport(tx, ref));
          return holds(run) ? run : null;
        },
        { what: `the import to be ${what}`, everyMs: 20 },
      ),
    /**
     * Stops all importers and clears Redis without making the limiter detect a memory loss. Also asserts for
     * every test that no rule of Shopify was broken since the last reset.
     */
    async reset() {
      await Promise.all([...running].map((importer) => importer.stop()));
      const memory = await redis.hgetall('shopify:limiter');
      await redis.flushdb();
      if (memory.run) await redis.hset('shopify:limiter', memory);
      await owner.query(
        `update customer_import_logs set status = 'cancelled'
          where status in ('pending', 'running', 'paused', 'cancelling')`,
      );
      const broken = brokenRules(standIn);
      const since = broken.slice(brokenBefore);
      brokenBefore = broken.length;
      expect(since).toEqual([]);
    },
    async close() {
      const agreed = await assertShopDirectory(owner).then(() => '', String);
      redis.disconnect();
      await stack.stop();
      expect(agreed).toBe('');
    },
  };
}

const brokenRules = (standIn: ShopifyStandIn) => {
  const { shops, violations } = standIn.stats();
  return [...violations, ...Object.values(shops).flatMap((shop) => shop.violations)];
};

interface Ref {
  merchantId: MerchantId;
  importId: ImportId;
}

export const isFinished = (run: ImportRun) => run.finishedAt !== null;

/** Returns the stored customers of a merchant in the importer's input format, with emails in plain text. */
export async function storedCustomers({ asApi, ctx }: World, { merchantId }: ConnectedShop) {
  return asApi({ merchantId }, async (tx) => {
    const rows = await tx.query<{
      id: CustomerId;
      external_id: string;
      email: string | null;
      metadata: Record<string, unknown>;
      source_updated_at: Date;
    }>('select * from customers where merchant_id = $1 and deleted_at is null order by external_id', [
      merchantId,
    ]);
    const customers = [];
    for (const row of rows) {
      customers.push({
        externalId: row.external_id,
        email: await readEmail(tx, ctx.keys, { id: row.id, merchantId, email: row.email }),
        metadata: row.metadata,
        sourceUpdatedAt: row.source_updated_at,
      });
    }
    return customers;
  });
}

/** Returns the customers of the shop in the same format. @param source REST does not have the RFM group */
export const shopCustomers = ({ far }: ConnectedShop, source: 'graphql' | 'rest' | 'bulk' = 'graphql') =>
  [...far.all()]
    .map(
      (customer) =>
        readNode({
          ...customer,
          defaultEmailAddress: customer.email === null ? null : { emailAddress: customer.email },
          ...(source !== 'rest' && { statistics: customer }),
        }).customer,
    )
    .sort((a, b) => (a.externalId < b.externalId ? -1 : 1));

export async function eventsOf({ owner }: World, { merchantId }: ConnectedShop) {
  const { rows } = await owner.query<{
    topic: string;
    customer_id: string;
    version: number;
    changed_fields: string[];
  }>(
    'select topic, customer_id, version, changed_fields from outbox_events where merchant_id = $1 order by id',
    [merchantId],
  );
  return rows;
}
