import { gidOf, type CustomerId, type ExternalId } from '@core/contracts';
import { inTransaction, type Pool } from '@core/db';
import {
  applyRfmScores,
  deleteCustomers,
  disconnectShop,
  getShop,
  mergeCustomers,
  moveShop,
  redactCustomer,
  setSegmentSync,
  storeScopes,
  uninstallApp,
  upsertCustomers,
  connectShop,
  type SegmentSync,
} from '@core/domain';
import { DEV_ACCESS_TOKEN, shopIdOf } from '@core/shopify-stand-in';
import { waitUntil } from '@core/testing';
import { eventsOf, isFinished, openWorld, type ConnectedShop, type World } from './support.ts';

let world: World;
let worker: Pool;
beforeAll(async () => {
  world = await openWorld({ redisDatabase: 9 });
  worker = world.stack.pool('core_worker', { max: 4 });
});
afterEach(() => world.reset());
afterAll(() => world.close());

const SCOPES = ['read_customer_merge', 'read_customers', 'write_customers'];
const LIMIT = 'a limit for slow machines';

/** Connects a shop that has granted the scope, with its customers stored here. */
async function connect(customers: number): Promise<ConnectedShop> {
  const shop = await world.connect(customers);
  shop.far.scopes = ['write_customers', 'read_customer_merge'];
  await importAll(shop);
  return shop;
}

const importAll = ({ merchantId, far }: ConnectedShop) =>
  inTransaction(world.owner, (tx) =>
    upsertCustomers(tx, world.ctx, {
      merchantId,
      customers: [...far.all()].map(({ id }) => ({
        externalId: id as ExternalId,
        metadata: {},
        sourceUpdatedAt: new Date('2019-01-01T00:00:00Z'),
      })),
    }),
  );

const idsOf = async ({ merchantId }: ConnectedShop): Promise<CustomerId[]> => {
  const { rows } = await world.owner.query<{ id: CustomerId }>(
    'select id from customers where merchant_id = $1 order by external_id',
    [merchantId],
  );
  return rows.map(({ id }) => id);
};

let sequence = 0n;
/** Gives customers a score, by default all. */
async function score(
  shop: ConnectedShop,
  segment: string,
  { ids, frequency = 4 }: { ids?: CustomerId[]; frequency?: number } = {},
): Promise<void> {
  const { merchantId } = shop;
  sequence += 1n;
  const given = { recency: 5, frequency, monetary: 5, segment, sequence, asOf: '2026-02-01T00:00:00Z' };
  const customers = ids ?? (await idsOf(shop));
  await inTransaction(worker, (tx) =>
    applyRfmScores(
      tx,
      customers.map((customerId) => ({
        ctx: world.ctx,
        input: { merchantId, customerId, score: given as never },
      })),
    ),
  );
}

const turn = ({ merchantId, shop }: ConnectedShop, enabled: boolean) =>
  world.asApi({ merchantId }, (tx) => setSegmentSync(tx, world.ctx, { merchantId, shop, enabled }));

const syncOf = ({ merchantId, shop }: ConnectedShop): Promise<SegmentSync | null> =>
  world.asApi({ merchantId }, async (tx) => (await getShop(tx, { merchantId, shop })).segmentSync);

const until = (shop: ConnectedShop, what: string, holds: (sync: SegmentSync | null) => boolean) =>
  waitUntil(
    async () => {
      const sync = await syncOf(shop);
      return holds(sync) ? { sync } : null;
    },
    { what, everyMs: 20 },
  );

/** Waits until the shop was compared after this moment, and returns what it is told. */
async function untilCompared(shop: ConnectedShop): Promise<SegmentSync> {
  const { rows } = await world.owner.query<{ now: Date }>('select clock_timestamp() as now');
  const from = rows[0]!.now;
  const { sync } = await until(shop, LIMIT, (each) => each?.completedAt != null && each.completedAt > from);
  // A turn that had begun before this moment may have ended after it; the next one has seen everything.
  const first = sync!.completedAt!;
  return (await until(shop, LIMIT, (each) => each!.completedAt! > first)).sync!;
}

/** The metafields of the shop: `segment score` by customer. */
const metafieldsOf = ({ far }: ConnectedShop): Map<string, string> => {
  const byOwner = new Map<string, Record<string, string>>();
  for (const { ownerId, key, value } of far.metafields.list())
    byOwner.set(ownerId, { ...byOwner.get(ownerId), [key]: value });
  return new Map([...byOwner].map(([id, v]) => [id, `${v['rfm_segment']} ${v['rfm_score']}`]));
};
const allOf = ({ far }: ConnectedShop, value: string) => new Map([...far.all()].map(({ id }) => [id, value]));

const writesOf = async ({ merchantId }: ConnectedShop) =>
  (
    await world.owner.query<{ segment: string | null; shop_customer: string }>(
      'select written_segment as segment, shop_customer from segment_writes where merchant_id = $1',
      [merchantId],
    )
  ).rows;

const disconnect = (shop: ConnectedShop) =>
  world.asApi({ merchantId: shop.merchantId }, (tx) => disconnectShop(tx, world.ctx, shop));
const reconnect = ({ merchantId, shop }: ConnectedShop) =>
  world.asApi({ merchantId }, (tx) =>
    connectShop(tx, world.ctx, {
      ...{ merchantId, shop, shopId: String(shopIdOf(shop)), accessToken: DEV_ACCESS_TOKEN },
      provenAt: new Date(Date.now() + 5_000),
    }),
  );

describe('segments of customers', () => {
  it('are written to the shop once; a second run writes nothing; a changed score writes one metafield', async () => {
    world.startImporter();
    const shop = await connect(700);
    await score(shop, 'CHAMPIONS');
    expect(await syncOf(shop)).toBeNull();
    await turn(shop, true);
    expect(await untilCompared(shop)).toMatchObject({
      enabled: true,
      written: 700,
      refused: 0,
      lastError: null,
    });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'CHAMPIONS 545'));
    expect(shop.far.metafields.definitions()).toMatchObject([
      { key: 'rfm_segment', admin: 'MERCHANT_READ', adminFilterable: true },
      { key: 'rfm_score', admin: 'MERCHANT_READ', adminFilterable: true },
    ]);
    const { metafieldMutations, throttled } = shop.far.stats();
    // Twelve customers with two metafields each are one call of at most 25.
    expect(metafieldMutations).toBe(2 + Math.ceil(600 / 12) + Math.ceil(100 / 12));
    expect(throttled).toBe(0);

    await untilCompared(shop);
    await score(shop, 'CHAMPIONS'); // newer, with the same values
    await untilCompared(shop);
    expect(shop.far.stats()).toMatchObject({ metafieldMutations, metafieldsSet: 1_400 });

    const [first] = await idsOf(shop);
    await score(shop, 'CHAMPIONS', { ids: [first!], frequency: 3 });
    await untilCompared(shop);
    expect(shop.far.stats()).toMatchObject({
      metafieldMutations: metafieldMutations + 1,
      metafieldsSet: 1_401,
    });
    expect([...metafieldsOf(shop).values()].filter((value) => value === 'CHAMPIONS 535')).toHaveLength(1);
  });

  it('change customers in the shop, which imports and emits nothing', async () => {
    world.startImporter();
    const shop = await connect(30);
    await world.until(await world.start(shop), 'finished', isFinished);
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    const events = await eventsOf(world, shop);
    const again = await world.until(await world.start(shop), 'finished', isFinished);
    expect(again).toMatchObject({ status: 'completed', updated: 0, unchanged: 30 });
    expect(await eventsOf(world, shop)).toHaveLength(events.length);
  });

  it('are not held up by a customer that the shop refuses, who is tried again when the score changes', async () => {
    world.startImporter();
    const shop = await connect(40);
    await score(shop, 'CHAMPIONS');
    const [gone, other] = [shop.far.get(3)!.id, shop.far.get(17)!.id];
    shop.far.remove(gone);
    shop.far.remove(other);
    await turn(shop, true);
    expect(await untilCompared(shop)).toMatchObject({ written: 38, refused: 2, lastError: null });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'CHAMPIONS 545'));
    const { metafieldMutations } = shop.far.stats();
    await untilCompared(shop);
    expect(shop.far.stats()).toMatchObject({ metafieldMutations });

    await score(shop, 'LOYAL');
    expect(await untilCompared(shop)).toMatchObject({ written: 38, refused: 2 });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'LOYAL 545'));
  });

  it('are deleted of a customer who was deleted, merged or erased', async () => {
    world.startImporter();
    const shop = await connect(6);
    const { merchantId } = shop;
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    const gid = (n: number) => shop.far.get(n)!.id as ExternalId;
    const origin = 'webhook' as const;
    await inTransaction(worker, (tx) =>
      deleteCustomers(tx, world.ctx, { merchantId, externalIds: [gid(0)], origin }),
    );
    await inTransaction(worker, (tx) =>
      mergeCustomers(tx, world.ctx, { merchantId, keptExternalId: gid(2), mergedExternalId: gid(1), origin }),
    );
    const receipt = await inTransaction(worker, (tx) =>
      redactCustomer(tx, world.ctx, { merchantId, requestId: 'erase-1', externalId: gid(3) }),
    );
    expect(receipt.places.find(({ place }) => place === 'segment_writes')).toMatchObject({ found: 1 });
    await untilCompared(shop);
    expect([...metafieldsOf(shop).keys()].sort()).toEqual([gid(2), gid(4), gid(5)].sort());
    expect(await writesOf(shop)).toHaveLength(3);
    expect(await syncOf(shop)).toMatchObject({ written: 3 });
  });

  it('keep only the number of an erased person until the shop has deleted the metafields', async () => {
    const importer = world.startImporter();
    const shop = await connect(2);
    const { merchantId } = shop;
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await importer.stop();
    const externalId = shop.far.get(0)!.id as ExternalId;
    await inTransaction(worker, (tx) =>
      redactCustomer(tx, world.ctx, { merchantId, requestId: 'erase-2', externalId }),
    );
    expect((await writesOf(shop)).map(({ segment }) => segment).sort()).toEqual(['CHAMPIONS', null]);
    world.startImporter();
    await untilCompared(shop);
    expect([...metafieldsOf(shop).keys()]).toEqual([shop.far.get(1)!.id]);
    expect(await writesOf(shop)).toMatchObject([{ segment: 'CHAMPIONS' }]);
  });

  it('are removed when they are turned off, and written again when they are turned on', async () => {
    world.startImporter();
    const shop = await connect(30);
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await turn(shop, false);
    await until(shop, 'to be removed', (sync) => sync === null);
    await turn(shop, true);
    // Written after Shopify has completed the removal, which would take them with it.
    expect(await untilCompared(shop)).toMatchObject({ written: 30 });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'CHAMPIONS 545'));
    await turn(shop, false);
    await waitUntil(() => shop.far.metafields.list().length === 0, { what: LIMIT });
    await waitUntil(async () => (await writesOf(shop)).length === 0, { what: LIMIT });
    expect(shop.far.metafields.definitions()).toEqual([]);
  });

  it('need a scope; its loss is told, and nothing is sent until it is granted again', async () => {
    world.startImporter();
    const shop = await connect(3);
    const { merchantId } = shop;
    const grant = (scopes: string[]) =>
      inTransaction(worker, (tx) => storeScopes(tx, world.ctx, { ...shop, scopes, at: new Date() }));
    await score(shop, 'CHAMPIONS');
    await grant(['read_customers']);
    await expect(turn(shop, true)).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: expect.stringContaining('write_customers'),
    });
    await grant(SCOPES);
    await turn(shop, true);
    await untilCompared(shop);
    await grant(['read_customers']);
    const { metafieldMutations } = shop.far.stats();
    await score(shop, 'LOYAL');
    await until(shop, 'told', (sync) => sync?.lastError?.includes('write_customers') === true);
    expect(shop.far.stats()).toMatchObject({ metafieldMutations });
    await grant(SCOPES);
    await world.owner.query('update segment_syncs set next_at = now() where merchant_id = $1', [merchantId]);
    expect(await untilCompared(shop)).toMatchObject({ lastError: null });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'LOYAL 545'));
  });

  it('tell when the shop itself refuses the scope', async () => {
    world.startImporter();
    const shop = await connect(1);
    await score(shop, 'CHAMPIONS');
    shop.far.scopes = ['read_customers'];
    await turn(shop, true);
    await until(shop, 'told', (sync) => sync?.lastError?.includes('write_customers') === true);
    expect(shop.far.stats()).toMatchObject({ metafieldsSet: 0 });
  });

  it('end with an uninstall or a disconnect: nothing is sent, the rows go, the next connection writes again', async () => {
    world.startImporter();
    const shop = await connect(20);
    const { far } = shop;
    const shopId = String(shopIdOf(shop.shop));
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await inTransaction(worker, (tx) =>
      uninstallApp(tx, world.ctx, { ...shop, shopId, at: new Date(Date.now() + 1_000) }),
    );
    far.uninstall();
    await score(shop, 'LOYAL');
    await waitUntil(async () => (await writesOf(shop)).length === 0, { what: 'the rows to go' });
    expect(await syncOf(shop)).toBeNull();
    expect(far.stats()).toMatchObject({ uninstalled: 0 });
    await expect(turn(shop, true)).rejects.toMatchObject({ kind: 'failed_precondition' });

    far.accessToken = DEV_ACCESS_TOKEN;
    far.scopes = ['write_customers', 'read_customer_merge'];
    await reconnect(shop);
    expect(await syncOf(shop)).toBeNull();
    await turn(shop, true);
    expect(await untilCompared(shop)).toMatchObject({ written: 20 });
    expect(metafieldsOf(shop)).toEqual(allOf(shop, 'LOYAL 545'));

    await disconnect(shop);
    await waitUntil(async () => (await writesOf(shop)).length === 0, { what: 'the rows to go' });
  });

  it('are not written again when they are turned off and on before anything was removed', async () => {
    const importer = world.startImporter();
    const shop = await connect(30);
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await importer.stop();
    const { metafieldMutations } = shop.far.stats();
    for (let n = 0; n < 20; n += 1) await turn(shop, n % 2 === 1);
    world.startImporter();
    expect(await untilCompared(shop)).toMatchObject({ enabled: true, written: 30 });
    expect(shop.far.stats()).toMatchObject({ metafieldMutations });
  });

  it('of a person who was erased while the shop was disconnected are removed before anything is written', async () => {
    world.startImporter();
    const shop = await connect(40);
    const { merchantId } = shop;
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await disconnect(shop);
    await waitUntil(async () => (await writesOf(shop)).length === 0, { what: 'the rows to go' });
    const erased = shop.far.get(0)!.id;
    await inTransaction(worker, (tx) =>
      redactCustomer(tx, world.ctx, { merchantId, requestId: 'erase-3', externalId: erased as ExternalId }),
    );
    await reconnect(shop);
    expect(metafieldsOf(shop).size).toBe(40);
    await turn(shop, true);
    expect(await untilCompared(shop)).toMatchObject({ written: 39, lastError: null });
    const expected = allOf(shop, 'CHAMPIONS 545');
    expected.delete(erased);
    expect(metafieldsOf(shop)).toEqual(expected);
  });

  it('of an earlier connection are removed when they are turned off', async () => {
    world.startImporter();
    const shop = await connect(30);
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await disconnect(shop);
    await reconnect(shop);
    expect(await syncOf(shop)).toBeNull();
    await turn(shop, false);
    await waitUntil(() => shop.far.metafields.list().length === 0, { what: LIMIT });
    expect(shop.far.metafields.definitions()).toEqual([]);
    await until(shop, 'to be removed', (sync) => sync === null);
  });

  it('need no scope to be turned off in a shop that has none; without it, the rest is told', async () => {
    world.startImporter();
    const shop = await connect(2);
    const withhold = () =>
      inTransaction(worker, (tx) =>
        storeScopes(tx, world.ctx, { ...shop, scopes: ['read_customers'], at: new Date() }),
      );
    await score(shop, 'CHAMPIONS');
    await withhold();
    await turn(shop, false);
    await until(shop, 'to be off', (sync) => sync === null);
    expect(shop.far.stats()).toMatchObject({ metafieldMutations: 0 });

    await inTransaction(worker, (tx) =>
      storeScopes(tx, world.ctx, { ...shop, scopes: SCOPES, at: new Date() }),
    );
    await turn(shop, true);
    await untilCompared(shop);
    await withhold();
    await turn(shop, false);
    await until(shop, 'told', (sync) => sync?.lastError?.includes('write_customers') === true);
    expect(metafieldsOf(shop).size).toBe(2);
  });

  it('are repeated after a crash between the answer of the shop and the commit', async () => {
    const shop = await connect(24);
    await score(shop, 'CHAMPIONS');
    await world.owner.query(`
      create sequence stored_pages;
      create function crash_once() returns trigger language plpgsql security definer as $$
      begin
        if nextval('stored_pages') = 1 then raise exception 'the process has crashed'; end if;
        return null;
      end $$;
      create trigger crash_once before insert on segment_writes
        for each statement execute function crash_once();`);
    try {
      await turn(shop, true);
      world.startImporter();
      expect(await untilCompared(shop)).toMatchObject({ written: 24, refused: 0, lastError: null });
      expect(metafieldsOf(shop)).toEqual(allOf(shop, 'CHAMPIONS 545'));
      expect(shop.far.stats()).toMatchObject({ metafieldsSet: 2 * 2 * 24 });
    } finally {
      await world.owner.query('drop trigger crash_once on segment_writes; drop function crash_once;');
    }
  });

  it('are written by one of two importers, and by the other one when the first has stopped', async () => {
    const first = world.startImporter();
    world.startImporter();
    const shops = await Promise.all([connect(650), connect(650), connect(650)]);
    for (const shop of shops) {
      await score(shop, 'CHAMPIONS');
      await turn(shop, true);
    }
    for (const shop of shops) {
      expect(await untilCompared(shop)).toMatchObject({ written: 650 });
      expect(shop.far.stats()).toMatchObject({ metafieldsSet: 1_300, throttled: 0 });
    }
    await first.stop();
    for (const shop of shops) {
      await score(shop, 'LOYAL');
      await untilCompared(shop);
      expect(metafieldsOf(shop)).toEqual(allOf(shop, 'LOYAL 545'));
    }
  });

  it('move with a shop that was renamed', async () => {
    const importer = world.startImporter();
    const shop = await connect(3);
    const { merchantId } = shop;
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    await untilCompared(shop);
    await importer.stop();
    const newShop = `new-${shop.shop}`;
    world.standIn.rename(shop.shop, newShop);
    await world.asApi({ merchantId }, (tx) =>
      moveShop(tx, world.ctx, { merchantId, shop: shop.shop, newShop, shopId: String(shopIdOf(shop.shop)) }),
    );
    const moved = { ...shop, shop: newShop };
    await score(shop, 'LOYAL', { ids: (await idsOf(shop)).slice(0, 1) });
    world.startImporter();
    expect(await untilCompared(moved)).toMatchObject({ written: 3 });
    expect(shop.far.stats()).toMatchObject({ metafieldsSet: 7 });
  });

  it('leave customers of another system alone', async () => {
    world.startImporter();
    const shop = await connect(1);
    const { merchantId } = shop;
    await inTransaction(world.owner, (tx) =>
      upsertCustomers(tx, world.ctx, {
        merchantId,
        customers: [
          {
            externalId: 'crm-7' as ExternalId,
            metadata: {},
            sourceUpdatedAt: new Date('2019-01-01T00:00:00Z'),
          },
        ],
      }),
    );
    await score(shop, 'CHAMPIONS');
    await turn(shop, true);
    expect(await untilCompared(shop)).toMatchObject({ written: 1, refused: 0 });
    expect([...metafieldsOf(shop).keys()]).toEqual([gidOf(shop.far.get(0)!.id.split('/').at(-1)!)]);
  });
});
