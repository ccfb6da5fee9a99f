import { randomUUID } from 'node:crypto';
import { shopIdOf } from '@core/shopify-stand-in';
import type { CustomerId } from '@core/contracts';
import { waitUntil } from '@core/testing';
import {
  applyRfmScores,
  beginClearing,
  claimSegmentSyncs,
  connectShop,
  deleteSegmentSync,
  deleteSegmentWrites,
  disconnectShop,
  failSegmentSync,
  Fenced,
  getShop,
  moveShop,
  readSegmentPage,
  recordShopRedaction,
  recordUninstall,
  redactCustomer,
  redactShopStep,
  releaseSegmentSync,
  renewSync,
  scheduleShopRedactions,
  setSegmentSync,
  storeCleared,
  storeSegmentPage,
  storeSegmentsDefined,
  uninstallApp,
  type ClaimedSync,
  type SegmentPage,
} from '../src/index.ts';
import { newShop, openPrivacy, placeOf, type PrivacyWorld, type Shop } from './privacy-support.ts';

// The state of the writing of segments. apps/importer/test/segments.spec.ts writes them to a shop.

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const turn = ({ merchantId, shop }: Shop, enabled: boolean) =>
  world.as('api', (tx, ctx) => setSegmentSync(tx, ctx, { merchantId, shop, enabled }), merchantId);
const syncOf = ({ merchantId, shop }: Shop) =>
  world.as('api', async (tx) => (await getShop(tx, { merchantId, shop })).segmentSync, merchantId);
const idOf = ({ shop }: Shop) => String(shopIdOf(shop));

/** Claims until it is the turn of this shop; other specs' syncs stay claimed. */
async function claim({ merchantId, shop }: Shop): Promise<ClaimedSync> {
  return waitUntil(
    async () => {
      const claimed = await world.as('importer', (tx) => claimSegmentSyncs(tx, { most: 100 }));
      return claimed.find((each) => each.merchantId === merchantId && each.shop === shop) ?? null;
    },
    { what: 'a turn of the shop' },
  );
}
/** Lets the lease of a holder end, as after a crash. */
const expire = ({ merchantId }: Shop) =>
  world.owner.query('update segment_syncs set lease_until = now() where merchant_id = $1', [merchantId]);
const claims = async ({ merchantId }: Shop) =>
  (await world.as('importer', (tx) => claimSegmentSyncs(tx, { most: 100 }))).filter(
    (each) => each.merchantId === merchantId,
  );

const page = (sync: ClaimedSync, most = 100): Promise<SegmentPage> =>
  world.as('importer', (tx) => readSegmentPage(tx, { ...sync, most }), sync.merchantId);
/** Stores that the shop has what a page wants. */
const store = (sync: ClaimedSync, { rows, next }: SegmentPage, refused: string | null = null) =>
  world.as(
    'importer',
    (tx) =>
      storeSegmentPage(tx, {
        ...sync,
        outcomes: rows.flatMap(({ customerId, wanted }) =>
          wanted ? [{ customerId, ...wanted, refused }] : [],
        ),
        removed: rows.flatMap(({ customerId, wanted }) => (wanted ? [] : [customerId])),
        counts: { written: rows.length, refused: 0 },
        next: next!,
      }),
    sync.merchantId,
  );
/** Stores that the shop has no metafields, and deletes those until `settleMs` later. */
const clear = (sync: ClaimedSync, settleMs: number): Promise<number> =>
  world.as('importer', (tx) => storeCleared(tx, { ...sync, settleMs }), sync.merchantId);
const define = (sync: ClaimedSync) =>
  world.as('importer', (tx) => storeSegmentsDefined(tx, sync), sync.merchantId);
const release = (sync: ClaimedSync) =>
  world.as(
    'importer',
    (tx) => releaseSegmentSync(tx, { ...sync, waitMs: 0, isComplete: true }),
    sync.merchantId,
  );
const syncsOf = ({ merchantId }: Shop) => world.rows<{ id: string }>('segment_syncs', merchantId);
const score = ({ merchantId }: Shop, ids: CustomerId[], segment = 'CHAMPIONS') =>
  world.as('worker', (tx, ctx) =>
    applyRfmScores(
      tx,
      ids.map((customerId) => ({
        ctx,
        input: {
          merchantId,
          customerId,
          score: {
            recency: 5,
            frequency: 4,
            monetary: 5,
            segment,
            asOf: '2026-02-01T00:00:00Z' as never,
            sequence: BigInt(Date.now()),
          },
        },
      })),
    ),
  );

async function scoredShop(n = 3) {
  const shop = await world.connect();
  const people = await world.people(shop.merchantId, n);
  await score(
    shop,
    people.map(({ customerId }) => customerId),
  );
  await turn(shop, true);
  return { shop, people };
}

it('reads changed customers once, in pages, with what the shop has', async () => {
  const { shop, people } = await scoredShop(3);
  const sync = await claim(shop);
  expect(sync).toMatchObject({ state: 'on', isCleared: false, isDefined: false, failures: 0 });
  const first = await page(sync, 2);
  expect(first.rows).toHaveLength(2);
  expect(first.rows[0]).toMatchObject({ wanted: { segment: 'CHAMPIONS', score: '545' }, written: null });
  await store(sync, first);
  const second = await page(sync, 2);
  await store(sync, second);
  expect([...first.rows, ...second.rows].map(({ customerId }) => customerId).sort()).toEqual(
    people.map(({ customerId }) => customerId).sort(),
  );
  expect(await page(sync)).toEqual({ rows: [], next: null });
  await score(shop, [people[0]!.customerId], 'LOYAL');
  expect((await page(sync)).rows).toMatchObject([
    { wanted: { segment: 'LOYAL' }, written: { segment: 'CHAMPIONS', refused: null } },
  ]);
  expect(await syncOf(shop)).toMatchObject({ enabled: true, written: 3 });
});

it('does not pass the changes of a transaction that is still open', async () => {
  const { shop, people } = await scoredShop(1);
  const sync = await claim(shop);
  await store(sync, await page(sync));
  const [{ customerId }] = people as [(typeof people)[number]];
  const others = await world.people(shop.merchantId, 1);
  await store(sync, await page(sync));
  await world.as('worker', async (tx) => {
    // This write is earlier than the next one, and is committed after it.
    await tx.query('update customers set metadata = $2 where id = $1', [customerId, { n: 1 }]);
    await score(
      shop,
      others.map((each) => each.customerId),
    );
    expect(await page(sync)).toEqual({ rows: [], next: null });
  });
  expect((await page(sync)).rows.map((row) => row.customerId)).toEqual([customerId, others[0]!.customerId]);
});

it('is held by one process: a higher fence, turning off and an uninstall end its writes', async () => {
  const { shop } = await scoredShop();
  const sync = await claim(shop);
  expect(await claims(shop)).toEqual([]);
  await expire(shop);
  const next = await claim(shop);
  await expect(page(sync)).rejects.toBeInstanceOf(Fenced);
  const read = await page(next);
  await turn(shop, false);
  await expect(store(next, read)).rejects.toBeInstanceOf(Fenced);
  await expect(world.as('importer', (tx) => renewSync(tx, next), shop.merchantId)).rejects.toBeInstanceOf(
    Fenced,
  );
  expect(await claims(shop)).toEqual([]);
  await expire(shop);
  const off = await claim(shop);
  expect(off).toMatchObject({ state: 'off' });
  await world.as('worker', (tx, ctx) =>
    uninstallApp(tx, ctx, { ...shop, shopId: idOf(shop), at: new Date(Date.now() + 2_000) }),
  );
  await expect(clear(off, 0)).rejects.toBeInstanceOf(Fenced);
  await expect(
    world.as('importer', (tx) => beginClearing(tx, { ...off, settleMs: 0 }), shop.merchantId),
  ).rejects.toBeInstanceOf(Fenced);
  await expect(
    world.as('importer', (tx) => deleteSegmentWrites(tx, off), shop.merchantId),
  ).rejects.toBeInstanceOf(Fenced);
});

it('has one row, however often it is turned, and goes on where it was if nothing was removed', async () => {
  const { shop } = await scoredShop();
  const first = await claim(shop);
  expect(await clear(first, 0)).toBe(0);
  await define(first);
  await store(first, await page(first));
  await release(first);
  for (let n = 0; n < 20; n += 1) await turn(shop, n % 2 === 1);
  expect(await syncsOf(shop)).toHaveLength(1);
  const again = await claim(shop);
  expect(again).toMatchObject({ syncId: first.syncId, isCleared: true, isDefined: true, settlesInMs: 0 });
  expect(await page(again)).toEqual({ rows: [], next: null });
  expect(await syncOf(shop)).toMatchObject({ enabled: true, isSettling: false, written: 3 });
});

it('costs nothing, turned on and off before anything was written', async () => {
  const { shop } = await scoredShop();
  await turn(shop, false);
  const off = await claim(shop);
  expect(off).toMatchObject({ state: 'off', isCleared: false, isDefined: false });
  expect(await clear(off, 0)).toBe(0);
  expect(await syncOf(shop)).toBeNull();
  await turn(shop, true);
  await expire(shop);
  expect(await claim(shop)).toMatchObject({ state: 'on', isCleared: true, settlesInMs: 0 });
});

it('waits once after a removal, however often it is turned, and writes everything again', async () => {
  const { shop } = await scoredShop();
  const settleMs = 600_000;
  const first = await claim(shop);
  await clear(first, 0);
  await define(first);
  await store(first, await page(first));
  await turn(shop, false);
  expect(await syncOf(shop)).toMatchObject({ enabled: false, isSettling: false, written: 3 });
  await expire(shop);
  const off = await claim(shop);
  await world.as('importer', (tx) => beginClearing(tx, { ...off, settleMs }), shop.merchantId);
  expect(await world.as('importer', (tx) => deleteSegmentWrites(tx, off), shop.merchantId)).toBe(true);
  await clear(off, settleMs);
  expect(await syncOf(shop)).toBeNull();
  const settlesAt = async () => (await syncsOf(shop)).map((row) => (row as never)['settles_at']);
  const [before] = await settlesAt();
  for (let n = 0; n < 20; n += 1) await turn(shop, n % 2 === 0);
  expect(await syncsOf(shop)).toHaveLength(1);
  await expire(shop);
  const turned = await claim(shop);
  expect(turned).toMatchObject({ state: 'off', isCleared: false });
  await clear(turned, 0);
  await turn(shop, true);
  expect(await settlesAt()).toEqual([before]);
  expect(await syncOf(shop)).toMatchObject({ enabled: true, isSettling: true, written: 0, lastError: null });
  await expire(shop);
  const again = await claim(shop);
  expect(again).toMatchObject({ state: 'on', isCleared: true, isDefined: false });
  expect(again.settlesInMs).toBeGreaterThan(0);
  expect(again.settlesInMs).toBeLessThanOrEqual(settleMs);
  expect((await page(again)).rows).toMatchObject(Array(3).fill({ written: null }));
});

it('does not forget a removal that was begun, after a crash', async () => {
  const { shop } = await scoredShop();
  const sync = await claim(shop);
  await world.as('importer', (tx) => beginClearing(tx, { ...sync, settleMs: 600_000 }), shop.merchantId);
  await expire(shop);
  const next = await claim(shop);
  expect(next).toMatchObject({ isCleared: false, isDefined: false });
  // The shop has no definition any more, but may still delete values.
  expect(await clear(next, 0)).toBeGreaterThan(300_000);
});

it('removes what an earlier connection may have left, turned off or on without a row', async () => {
  const { shop } = await scoredShop();
  const { merchantId } = shop;
  const first = await claim(shop);
  await clear(first, 600_000);
  await world.as('api', (tx, ctx) => disconnectShop(tx, ctx, shop), merchantId);
  await world.connect(shop);
  expect(await syncOf(shop)).toBeNull();
  await turn(shop, false);
  expect(await syncOf(shop)).toMatchObject({ enabled: false });
  const found = await claims(shop);
  expect(found.map(({ state, isCleared }) => ({ state, isCleared }))).toEqual(
    expect.arrayContaining([
      { state: 'ended', isCleared: true },
      { state: 'off', isCleared: false },
    ]),
  );
  const off = found.find(({ state }) => state === 'off')!;
  // The removal of the earlier one is not over.
  expect(await clear(off, 0)).toBeGreaterThan(300_000);
  const ended = found.find(({ state }) => state === 'ended')!;
  await world.as('importer', (tx) => deleteSegmentSync(tx, ended), merchantId);
  expect(await syncsOf(shop)).toMatchObject([{ id: off.syncId }]);
});

it('begins again, once, when the shop was also connected under its new name', async () => {
  const { shop } = await scoredShop();
  const { merchantId } = shop;
  const renamed = newShop(merchantId);
  await world.connect(renamed);
  await turn(renamed, false);
  await world.owner.query('update shop_directory set shop_id = $2 where shop = $1', [renamed.shop, null]);
  await world.as(
    'api',
    (tx, ctx) =>
      moveShop(tx, ctx, { merchantId, shop: shop.shop, newShop: renamed.shop, shopId: idOf(shop) }),
    merchantId,
  );
  const live = (await syncsOf(shop)).filter((row) => (row as never)['state'] !== 'ended');
  expect(live).toMatchObject([{ shop: renamed.shop, state: 'off', cleared_at: null }]);
});

it('stores a failure for the merchant, and forgets it with the next success', async () => {
  const { shop } = await scoredShop();
  const sync = await claim(shop);
  await world.as('importer', (tx) => storeSegmentsDefined(tx, sync), shop.merchantId);
  await world.as(
    'importer',
    (tx) => failSegmentSync(tx, { ...sync, waitMs: 0, error: 'an obstacle', isUndefined: true }),
    shop.merchantId,
  );
  expect(await syncOf(shop)).toMatchObject({ lastError: 'an obstacle', completedAt: null });
  const next = await claim(shop);
  expect(next).toMatchObject({ failures: 1, isDefined: false });
  const done = { ...next, waitMs: 60_000, isComplete: true };
  await world.as('importer', (tx) => releaseSegmentSync(tx, done), shop.merchantId);
  expect(await syncOf(shop)).toMatchObject({ lastError: null, completedAt: expect.any(Date) });
  expect(await claims(shop)).toEqual([]);
});

it('keeps of an erased person the number alone, also when the page was read before', async () => {
  const { shop, people } = await scoredShop(2);
  const { merchantId } = shop;
  const sync = await claim(shop);
  const read = await page(sync);
  const erase = (customerId: CustomerId) =>
    world.as('worker', (tx, ctx) =>
      redactCustomer(tx, ctx, { merchantId, requestId: randomUUID(), customerId }),
    );
  await erase(people[0]!.customerId);
  await store(sync, read);
  const rows = () =>
    world.rows<{
      customer_id: string;
      written_segment: string | null;
      written_score: string | null;
      shop_customer: string;
    }>('segment_writes', merchantId);
  const of = async (n: number) => (await rows()).find((row) => row.customer_id === people[n]!.customerId);
  expect(await of(0)).toMatchObject({
    written_segment: null,
    written_score: null,
    shop_customer: String(people[0]!.number),
  });
  expect(await of(1)).toMatchObject({ written_segment: 'CHAMPIONS' });
  const receipt = await erase(people[1]!.customerId);
  expect(placeOf(receipt, 'segment_writes')).toMatchObject({ found: 1 });
  const after = await page(sync);
  expect(after.rows).toMatchObject(Array(2).fill({ wanted: null, written: { segment: null, score: null } }));
  await store(sync, after);
  expect(await rows()).toEqual([]);
});

it('moves with a renamed shop, and begins again after an uninstall that is reported late', async () => {
  const { shop } = await scoredShop();
  const { merchantId } = shop;
  const sync = await claim(shop);
  await store(sync, await page(sync));
  const newName = newShop(merchantId).shop;
  await world.as(
    'api',
    (tx, ctx) => moveShop(tx, ctx, { merchantId, shop: shop.shop, newShop: newName, shopId: idOf(shop) }),
    merchantId,
  );
  const moved = { merchantId, shop: newName };
  expect(await world.rows('segment_writes', merchantId)).toMatchObject(Array(3).fill({ shop: newName }));
  await expire(shop);
  expect((await claim(moved)).syncId).toBe(sync.syncId);
  await world.as(
    'api',
    (tx) => recordUninstall(tx, { ...moved, shopId: idOf(shop), at: new Date(Date.now() - 60_000) }),
    merchantId,
  );
  expect(await syncOf(moved)).toMatchObject({ enabled: true, written: 0 });
});

it('ends when the shop is connected in a later installation', async () => {
  const { shop } = await scoredShop();
  const shopId = idOf(shop);
  const connectAt = (ms: number) =>
    world.as(
      'api',
      (tx, ctx) =>
        connectShop(tx, ctx, { ...shop, shopId, accessToken: 't', provenAt: new Date(Date.now() + ms) }),
      shop.merchantId,
    );
  await connectAt(1_000);
  expect(await syncOf(shop)).toMatchObject({ enabled: true });
  const at = new Date(Date.now() + 5_000);
  await world.as('api', (tx) => recordUninstall(tx, { ...shop, shopId, at }), shop.merchantId);
  await connectAt(10_000);
  expect(await syncOf(shop)).toBeNull();
});

it('is refused without the scope, and for a shop that is not connected', async () => {
  const shop = newShop();
  await expect(turn(shop, true)).rejects.toMatchObject({ kind: 'failed_precondition', field: 'shop' });
  await world.connect(shop);
  await world.owner.query(`update shopify_connections set scopes = '{read_customers}' where shop = $1`, [
    shop.shop,
  ]);
  await expect(turn(shop, true)).rejects.toMatchObject({ kind: 'failed_precondition', field: 'shop' });
  await turn(shop, false);
});

it('is removed with the data of the shop', async () => {
  const { shop } = await scoredShop();
  const { merchantId } = shop;
  const sync = await claim(shop);
  await store(sync, await page(sync));
  await world.as('worker', (tx, ctx) => recordShopRedaction(tx, ctx, { ...shop, requestId: randomUUID() }));
  await world.as('worker', (tx, ctx) => scheduleShopRedactions(tx, ctx, { wait: 0, most: 1_000_000 }));
  while (await world.as('worker', redactShopStep));
  expect(await world.rows('segment_writes', merchantId)).toEqual([]);
  expect(await world.rows('segment_syncs', merchantId)).toEqual([]);
});
