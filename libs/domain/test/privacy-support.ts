import { randomBytes, randomUUID } from 'node:crypto';
import type { CustomerId, ImportId, MerchantId } from '@core/contracts';
import { emailHash } from '@core/crypto';
import { inTransaction, type Tx } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { startStack } from '@core/stack';
import {
  aMerchantId,
  anImportId,
  assertShopDirectory,
  gid,
  searchTables,
  type Canaries,
} from '@core/testing';
import {
  connectShop,
  PERSONAL_DATA,
  upsertCustomers,
  type CommandContext,
  type ErasureReceipt,
  type HeldPlace,
  type WebhookTopic,
} from '../src/index.ts';
import { receive } from './receive-support.ts';

export type PrivacyWorld = Awaited<ReturnType<typeof openPrivacy>>;
type Role = 'api' | 'importer' | 'worker' | 'owner';

/** A spec file's own database. Each step runs as the role of its app, so that a missing privilege shows. */
export async function openPrivacy() {
  const stack = await startStack({ services: 'run', postgres: {} });
  const pools = {
    api: stack.pool('core_api', { max: 8 }),
    importer: stack.pool('core_importer', { max: 8 }),
    worker: stack.pool('core_worker', { max: 8 }),
    owner: stack.pool('core_owner', { max: 4 }),
  };
  const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys: stack.keys };
  /** @param merchantId for the api, which sees no rows without it */
  const as = <T>(
    role: Role,
    work: (tx: Tx, ctx: CommandContext) => Promise<T>,
    merchantId?: MerchantId,
  ): Promise<T> =>
    inTransaction(pools[role], (tx) => work(tx, ctx), merchantId === undefined ? {} : { merchantId });
  return {
    pools,
    owner: pools.owner,
    given: stack.given,
    ctx,
    /** Key stores with an empty cache, as in another process. */
    newKeys: stack.newKeys,
    as,
    /** Rows of a table of one merchant. */
    rows: async <R extends object = Record<string, unknown>>(
      table: string,
      merchantId: MerchantId,
    ): Promise<R[]> =>
      (await pools.owner.query(`select * from ${table} where merchant_id = $1`, [merchantId])).rows as R[],
    search: (canaries: Canaries) =>
      searchTables(stack.database.urlFor('core_owner'), canaries, PERSONAL_DATA),
    hashOf: (merchantId: MerchantId, email: string): Promise<Buffer> =>
      as('owner', async (tx) => emailHash(await ctx.keys.findOrCreate(tx, merchantId), email)),
    async connect(shop = newShop()) {
      await as(
        'api',
        (tx) =>
          connectShop(tx, ctx, { ...shop, shopId: String(shopIdOf(shop.shop)), accessToken: 'spec-token' }),
        shop.merchantId,
      );
      return shop;
    },
    newRun: (shop: Shop, status = 'running') => stack.given.aRun(shop, { status }),
    /** Stores a deferred event that waits for the customer. */
    park: (merchantId: MerchantId, customerId: CustomerId) =>
      pools.owner.query(
        `insert into parked_events (consumer, event_id, topic, partition, record_offset, headers, body,
                                    merchant_id, customer_id, give_up_at)
         values ('core-worker', $1, 'rfm.updated', 0, 0, '{}', '{}', $2, $3, now() + interval '1 hour')`,
        [randomUUID(), merchantId, customerId],
      ),
    /** Stores that the shop has a segment of the customer in its metafields. */
    writeSegment: ({ merchantId, shop }: Shop, number: number) =>
      pools.owner.query(
        `with sync as (insert into segment_syncs (merchant_id, shop) values ($1, $2) returning id)
         insert into segment_writes (merchant_id, sync_id, customer_id, shop, shop_customer, written_segment)
         select $1, sync.id, customers.id, $2, $3, 'champions' from sync, customers
          where merchant_id = $1 and external_id = $4`,
        [merchantId, shop, number, gid(number)],
      ),
    page: (merchantId: MerchantId, importId: ImportId, customers: ReturnType<typeof customer>[]) =>
      as('importer', (tx) => upsertCustomers(tx, ctx, { merchantId, importId, customers })),
    /** Customers, each with an email and an external id. */
    async people(merchantId: MerchantId, n: number) {
      const all = Array.from({ length: n }, () => ({ number: newNumber(), email: newEmail() }));
      await this.page(
        merchantId,
        anImportId(),
        all.map(({ number, email }) => customer(number, email)),
      );
      const rows = await this.rows<{ id: CustomerId; external_id: string }>('customers', merchantId);
      return all.map(({ number, email }) => ({
        number,
        email,
        externalId: gid(number),
        customerId: rows.find((row) => row.external_id === gid(number))!.id,
      }));
    },
    webhook: (
      shop: string,
      topic: WebhookTopic,
      body: object | string,
      eventId: string = randomUUID(),
      requestNumber?: string,
    ) =>
      receive(pools.api, ctx, {
        shop,
        topic,
        eventId,
        requestNumber,
        body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
      }),
    /** Checks, whatever the tests were about, that the shop directory and the connections agree. */
    close: async () => {
      try {
        await assertShopDirectory(pools.owner);
      } finally {
        await stack.stop();
      }
    },
  };
}

export interface Shop {
  merchantId: MerchantId;
  shop: string;
}

export const newShop = (merchantId: MerchantId = aMerchantId()): Shop => ({
  merchantId,
  shop: `shop-${randomBytes(6).toString('hex')}.myshopify.com`,
});

/** A number that no other spec uses, because a whole database is searched for it. */
export const newNumber = (): number => 1e12 + Number(randomBytes(5).readUIntBE(0, 5) % 1e11);
export const newEmail = (): string => `canary.${randomUUID()}@example.com`;

export const customer = (id: number, email: string | null, metadata: Record<string, unknown> = {}) => ({
  externalId: gid(id),
  email,
  metadata,
  sourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
});

/** The places with data of a person or of a shop. */
export const HELD = Object.entries<HeldPlace>(PERSONAL_DATA).flatMap(([place, held]) =>
  'holds' in held ? [[place, held] as const] : [],
);

export const placeOf = ({ places }: Pick<ErasureReceipt, 'places'>, place: string) => {
  const found = places.find((each) => each.place === place);
  if (!found) throw new Error(`the receipt has no ${place}`);
  return found;
};
