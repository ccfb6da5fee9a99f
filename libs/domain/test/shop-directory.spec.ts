import { randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { inTransaction, poolReader } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { assertShopDirectory, insertConnection, waitUntil } from '@core/testing';
import {
  connectShop,
  findShopOfWebhook,
  moveShop,
  receiveWebhook,
  recordPrivacyRequest,
  redactShopStep,
  scheduleShopRedactions,
  storeProof,
} from '../src/index.ts';
import { newShop, openPrivacy, type PrivacyWorld, type Shop } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const numberOf = ({ shop }: Shop) => String(shopIdOf(shop));
const move = (of: Shop, newShop: string) =>
  world.as('api', (tx, ctx) => moveShop(tx, ctx, { ...of, newShop, shopId: numberOf(of) }), of.merchantId);
const connectAs = (of: Shop, shopId: string) =>
  world.as('api', (tx, ctx) => connectShop(tx, ctx, { ...of, shopId, accessToken: 't' }), of.merchantId);
const prove = (of: Shop, shopId = numberOf(of)) =>
  world.as('importer', (tx, ctx) => storeProof(tx, ctx, { ...of, shopId }), of.merchantId);

async function redact({ merchantId, shop }: { merchantId: MerchantId; shop?: string }) {
  await world.as('worker', async (tx, ctx) => {
    await recordPrivacyRequest(tx, ctx, { merchantId, requestId: randomUUID(), kind: 'shop_redact', shop });
    await scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000 });
  });
  while (await world.as('worker', redactShopStep));
}

const waiting = async () =>
  (
    await world.owner.query(
      `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
    )
  ).rowCount;
const isWaiting = async () => (await waiting()) === 1;

/**
 * Returns the directory's entries for a merchant's shops, after a check that it agrees with the connections.
 */
async function entriesOf({ merchantId }: { merchantId: MerchantId }) {
  await assertShopDirectory(world.owner);
  const rows = await world.rows<{ shop: string; shop_id: string | null }>('shop_directory', merchantId);
  return Object.fromEntries(rows.map(({ shop, shop_id }) => [shop, shop_id]));
}

describe('the directory has an entry for each connection', () => {
  it('when a shop is connected, reconnected, moved, and connected by its new name', async () => {
    const shop = await world.connect();
    const number = numberOf(shop);
    expect(await entriesOf(shop)).toEqual({ [shop.shop]: number });
    await world.connect(shop);
    expect(await entriesOf(shop)).toEqual({ [shop.shop]: number });
    await move(shop, `b-${shop.shop}`);
    expect(await entriesOf(shop)).toEqual({ [`b-${shop.shop}`]: number });
    await connectAs({ ...shop, shop: `c-${shop.shop}` }, number);
    expect(await entriesOf(shop)).toEqual({ [`c-${shop.shop}`]: number });
    // The name belongs to another shop by now.
    await connectAs({ ...shop, shop: `c-${shop.shop}` }, '4');
    expect(await entriesOf(shop)).toEqual({ [`c-${shop.shop}`]: '4' });
  });

  it('when a connection from before proofs existed is proven, or is the target of a move', async () => {
    const [first, second] = [newShop(), newShop()];
    await insertConnection(world.owner, first);
    expect(await entriesOf(first)).toEqual({ [first.shop]: null });
    await prove(first);
    expect(await entriesOf(first)).toEqual({ [first.shop]: numberOf(first) });

    await world.connect(second);
    await insertConnection(world.owner, { ...second, shop: `b-${second.shop}` });
    await move(second, `b-${second.shop}`);
    expect(await entriesOf(second)).toEqual({ [`b-${second.shop}`]: numberOf(second) });
  });

  it('when one of two shops is redacted, and when the merchant is', async () => {
    const first = await world.connect();
    const second = await world.connect(newShop(first.merchantId));
    const other = await world.connect();
    await redact(first);
    expect(await entriesOf(first)).toEqual({ [second.shop]: numberOf(second) });
    await redact({ merchantId: first.merchantId });
    expect(await entriesOf(first)).toEqual({});
    expect(await entriesOf(other)).toEqual({ [other.shop]: numberOf(other) });
  });

  it('when a shop is to be connected while the merchant is redacted, which is refused', async () => {
    const first = await world.connect();
    const second = newShop(first.merchantId);
    const holder = await world.owner.connect();
    try {
      await holder.query('begin');
      await holder.query('select from shop_directory where shop = $1 for update', [first.shop]);
      const redacted = redact({ merchantId: first.merchantId });
      await waitUntil(isWaiting, { what: 'the redaction to wait for the entry' });
      const connected = world.connect(second).catch((error: unknown) => error);
      await waitUntil(async () => (await waiting()) === 2, { what: 'the connection to wait' });
      await holder.query('rollback');
      // Its token could not be decrypted: the keys are the merchant's.
      expect(await connected).toMatchObject({ message: expect.stringContaining('is being removed') });
      await redacted;
      while (await world.as('worker', redactShopStep));
      expect(await entriesOf(second)).toEqual({});
      await world.connect(second);
      expect(await entriesOf(second)).toEqual({ [second.shop]: numberOf(second) });
    } finally {
      holder.release(true);
    }
  });

  it('or the connection is not committed', async () => {
    const { merchantId, shop } = newShop();
    const forgotten = inTransaction(world.owner, (tx) =>
      tx.query(`insert into shopify_connections (merchant_id, shop, access_token) values ($1, $2, 't')`, [
        merchantId,
        shop,
      ]),
    );
    await expect(forgotten).rejects.toMatchObject({ constraint: 'shopify_connections_directory_fk' });
  });

  it('and no entry without a connection: the check finds it', async () => {
    const { merchantId, shop } = newShop();
    await world.owner.query('insert into shop_directory (merchant_id, shop) values ($1, $2)', [
      merchantId,
      shop,
    ]);
    await expect(assertShopDirectory(world.owner)).rejects.toThrow(
      `${shop} of merchant ${merchantId} lacks a connection`,
    );
    await world.owner.query('delete from shop_directory where shop = $1', [shop]);
  });
});

describe('two merchants of one shop', () => {
  it('cannot both prove it, whichever of them is unproven', async () => {
    const proven = await world.connect();
    const unproven = { ...newShop(), shop: proven.shop };
    await insertConnection(world.owner, unproven);
    await expect(prove(unproven)).rejects.toThrow(`shop: ${proven.shop} is connected by another merchant`);
    expect(await entriesOf(unproven)).toEqual({ [unproven.shop]: null });
  });

  it('cannot both prove it by its number either, when the second knows its new name', async () => {
    const proven = await world.connect();
    const renamed = { ...newShop(), shop: `b-${proven.shop}` };
    await insertConnection(world.owner, renamed);
    await expect(prove(renamed, numberOf(proven))).rejects.toMatchObject({
      kind: 'failed_precondition',
      field: 'shop',
    });
  });

  it('connect it at the same time, and one of them gets it', async () => {
    const shop = `${randomUUID()}.myshopify.com`;
    const all = [newShop(), newShop(), newShop()].map((each) => ({ ...each, shop }));
    const ends = await Promise.allSettled(all.map((each) => connectAs(each, '9')));
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    await assertShopDirectory(world.owner);
  });
});

describe('a webhook whose shop', () => {
  /** Looks up the shop's merchant, lets something happen, and then receives the webhook. */
  async function takeAfter(shop: Shop, happen: () => Promise<unknown>) {
    const of = await findShopOfWebhook(poolReader(world.pools.api), { shop: shop.shop });
    if (typeof of === 'string') throw new Error(of);
    expect(of).toEqual({ ...shop, shopId: numberOf(shop) });
    await happen();
    const event = { topic: 'customers/redact', eventId: randomUUID(), body: Buffer.from('{}') } as const;
    const taken = await world.as(
      'api',
      (tx, ctx) => receiveWebhook(tx, ctx, { ...event, ...of }),
      of.merchantId,
    );
    const held = [
      ...(await world.rows('webhook_events', shop.merchantId)),
      ...(await world.rows('privacy_requests', shop.merchantId)),
    ];
    return { taken, held: held.length };
  }
  const LOST = { taken: 'lost_shop', held: 0 };

  it('is unchanged is stored, with its request', async () => {
    const shop = await world.connect();
    expect(await takeAfter(shop, () => world.connect(shop))).toEqual({ taken: 'stored', held: 2 });
  });

  it('was moved meanwhile is not stored', async () => {
    const shop = await world.connect();
    expect(await takeAfter(shop, () => move(shop, `b-${shop.shop}`))).toEqual(LOST);
  });

  it('got another number meanwhile is not stored', async () => {
    const shop = await world.connect();
    expect(await takeAfter(shop, () => connectAs(shop, '3'))).toEqual(LOST);
  });

  it('was disconnected and connected by another merchant meanwhile is not stored', async () => {
    const shop = await world.connect();
    const heir = { ...newShop(), shop: shop.shop };
    const inherit = async () => {
      await world.owner.query(
        'with gone as (delete from shop_directory where shop = $1) delete from shopify_connections where shop = $1',
        [shop.shop],
      );
      await world.connect(heir);
    };
    expect(await takeAfter(shop, inherit)).toEqual(LOST);
    expect(await world.rows('webhook_events', heir.merchantId)).toEqual([]);
  });
});
