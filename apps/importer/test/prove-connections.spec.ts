import { inTransaction } from '@core/db';
import { connectShop } from '@core/domain';
import { DEV_ACCESS_TOKEN, shopIdOf } from '@core/shopify-stand-in';
import { aMerchantId, waitUntil } from '@core/testing';
import { proveConnections } from '../src/jobs/prove-connections.ts';
import { openWorld, type ConnectedShop } from './support.ts';

let world: Awaited<ReturnType<typeof openWorld>>;
beforeAll(async () => void (world = await openWorld({ redisDatabase: 9 })));
afterEach(() => world.reset());
afterAll(() => world.close());

/** Stores a connection like a build from before proofs existed. */
async function unproven(customers = 3): Promise<ConnectedShop> {
  const connected = await world.connect(customers);
  await world.owner.query('update shop_directory set shop_id = null where shop = $1', [connected.shop]);
  return connected;
}

const shopIdsOf = async (shop: string) =>
  (
    await world.owner.query<{ merchant_id: string; shop_id: string | null }>(
      'select merchant_id, shop_id from shop_directory where shop = $1 order by shop_id nulls last',
      [shop],
    )
  ).rows;

const prove = () => proveConnections(world, new AbortController().signal);

it('proves each connection once, regardless of the other shops’ answers', async () => {
  const all = [await unproven(), await unproven(), await unproven(), await unproven()];
  const sorted = all.toSorted((a, b) => (a.shop < b.shop ? -1 : 1));
  const [refused, away, ...good] = sorted;
  refused!.far.accessToken = 'shpat_another';
  away!.far.fault({ kind: 'http503' });
  await prove();
  for (const { merchantId, shop } of good) {
    expect(await shopIdsOf(shop)).toEqual([{ merchant_id: merchantId, shop_id: String(shopIdOf(shop)) }]);
    const { rows } = await world.owner.query(
      `select detail from audit_log where merchant_id = $1 and action = 'shop.prove'`,
      [merchantId],
    );
    expect(rows).toEqual([{ detail: { shop, shop_id: String(shopIdOf(shop)) } }]);
  }
  for (const { shop } of [refused!, away!]) expect(await shopIdsOf(shop)).toMatchObject([{ shop_id: null }]);
  const asked = good.map(({ far }) => far.stats().requests);
  await prove();
  expect(await shopIdsOf(away!.shop)).toMatchObject([{ shop_id: String(shopIdOf(away!.shop)) }]);
  expect(good.map(({ far }) => far.stats().requests)).toEqual(asked);
});

it('runs when an importer starts', async () => {
  const { shop } = await unproven();
  world.startImporter();
  await waitUntil(async () => (await shopIdsOf(shop))[0]!.shop_id !== null, {
    what: 'the connection to be proven',
  });
});

it('renews an expired token, and proves the new one', async () => {
  const { merchantId, shop, far } = await world.connect(3);
  const pair = far.tokens.issue();
  await world.asApi({ merchantId }, (tx) =>
    connectShop(tx, world.ctx, { merchantId, shop, shopId: '1', ...pair }),
  );
  await world.owner.query('update shop_directory set shop_id = null where shop = $1', [shop]);
  far.tokens.expire();
  await prove();
  expect(await shopIdsOf(shop)).toMatchObject([{ shop_id: String(shopIdOf(shop)) }]);
});

it('assigns the shop to the first merchant that proves it', async () => {
  const first = await unproven();
  const { shop } = first;
  const second = aMerchantId();
  await world.asApi({ merchantId: second }, (tx) =>
    connectShop(tx, world.ctx, { merchantId: second, shop, shopId: '1', accessToken: DEV_ACCESS_TOKEN }),
  );
  await world.owner.query('update shop_directory set shop_id = null where shop = $1', [shop]);
  await Promise.all([prove(), prove()]);
  const [winner, loser] = await shopIdsOf(shop);
  expect([winner!.shop_id, loser!.shop_id]).toEqual([String(shopIdOf(shop)), null]);
  const read = world.tokens.read({ merchantId: aMerchantId(loser!.merchant_id), shop });
  await expect(read).rejects.toThrow(`shop: ${shop} is connected by another merchant`);
});

it('imports nothing from a shop that does not confirm the connection', async () => {
  const [thief, owner] = [await unproven(5), await unproven(5)];
  thief.far.accessToken = 'shpat_of_the_owner';
  const refs = [await world.start(thief), await world.start(owner)] as const;
  world.startImporter();
  const failed = await world.until(refs[0], 'failed', ({ status }) => status === 'failed');
  expect(failed.error).toMatch(/refused the access token/);
  expect(failed.read).toBe(0);
  const done = await world.until(refs[1], 'completed', ({ status }) => status === 'completed');
  expect(done.read).toBe(5);
  const customers = await inTransaction(world.owner, (tx) =>
    tx.query('select from customers where merchant_id = $1', [thief.merchantId]),
  );
  expect(customers).toEqual([]);
});
