import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { connectShop } from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { DEV_CLIENT_SECRET, shopIdOf, startShopifyStandIn, type Shop } from '@core/shopify-stand-in';
import { aMerchantId, assertShopDirectory, waitUntil } from '@core/testing';
import type { Background } from '../src/background.ts';
import { runWebhooks } from '../src/webhooks/run-webhooks.ts';
import { openDatabase, type Database } from './support.ts';

export type { Shop };
export type World = Awaited<ReturnType<typeof openWorld>>;

/** Starts a worker that applies the webhooks of the world. */
export const startWorker = ({ database }: World, metrics = new Registry()): Background =>
  runWebhooks({ ...database, keys: database.ctx.keys, log: createLogger('spec', 'silent'), metrics });

/** Opens Shopify's stand-in, a real api that receives its webhooks, and a database. No worker runs yet. */
export async function openWorld() {
  const database = await openDatabase();
  // An hour behind our clock, so that the shop's state of a customer is older than its deletion here.
  const clock = { ms: Date.now() - 3_600_000 };
  const standIn = await startShopifyStandIn({ customers: 20, now: () => clock.ms });
  // The api verifies signatures, and sends no requests.
  const api = await database.stack.start('api', {
    env: { CORE_API_PROCESSES: '1', CORE_DB_REPLICAS: '', SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET },
  });
  return {
    database,
    /** The clock of the shops. */
    clock,
    /** Connects a shop of the stand-in to a new merchant. */
    async openShop() {
      const merchantId = aMerchantId();
      const shop = standIn.shop(`s-${randomUUID()}.myshopify.com`);
      await inTransaction(database.owner, (tx) =>
        connectShop(tx, database.ctx, {
          merchantId,
          shop: shop.domain,
          shopId: String(shopIdOf(shop.domain)),
          accessToken: shop.accessToken,
          // Shopify sends shop/redact 48 hours after an uninstall: one about a newer proof is superseded.
          provenAt: new Date(Date.now() - 72 * 3_600_000),
        }),
      );
      // Its retries take half a minute, so that it does not give up an api that a busy machine delays.
      shop.webhooks.target = { url: `${api.url}/webhooks/shopify`, retryScale: 2e-3 };
      return { merchantId, shop };
    },
    /** Runs a bulk query; a webhook reports its end. */
    async runBulkQuery({ domain, accessToken }: Shop) {
      const query = '{ customers { edges { node { id } } } }';
      const run =
        'mutation R($query: String!) { bulkOperationRunQuery(query: $query) { userErrors { message } } }';
      const reply = await fetch(`${standIn.url.replace('{shop}', domain)}/admin/api/2026-10/graphql.json`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-shopify-access-token': accessToken },
        body: JSON.stringify({ query: run, variables: { query } }),
      });
      expect(await reply.json()).toMatchObject({ data: { bulkOperationRunQuery: { userErrors: [] } } });
    },
    /** Closes everything, and checks that no test has broken a rule of Shopify. */
    close: async () => {
      const { shops, violations } = standIn.stats();
      await standIn.close();
      await api.child.stop();
      const agreed = await assertShopDirectory(database.owner).then(() => '', String);
      await database.close();
      expect(agreed).toBe('');
      expect([...violations, ...Object.values(shops).flatMap((shop) => shop.violations)]).toEqual([]);
    },
  };
}

/** Waits until all webhooks of the shop are delivered and finished: applied, ignored or given up. */
export async function settled(database: Database, shop: Shop): Promise<void> {
  await waitUntil(() => shop.webhooks.deliveries().every(({ state }) => state !== 'waiting'), {
    what: 'all deliveries to end',
  });
  await waitUntil(async () => (await eventsOf(database, shop)).every(({ outcome }) => outcome !== null), {
    what: 'the webhooks to be applied',
  });
}

export interface EventRow {
  topic: string;
  body: string | null;
  attempts: number;
  outcome: string | null;
  error: string | null;
}

export const eventsOf = async ({ owner }: Database, { domain }: Shop): Promise<EventRow[]> =>
  (await owner.query<EventRow>('select * from webhook_events where shop = $1 order by id', [domain])).rows;
