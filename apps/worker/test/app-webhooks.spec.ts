// tag: compliance
import { waitUntil } from '@core/testing';
import type { Background } from '../src/background.ts';
import { eventsOf, openWorld, settled, startWorker, type Shop, type World } from './webhooks-support.ts';

// Webhooks about the app itself, from the shop to the database.

let world: World;
let worker: Background;
beforeAll(async () => {
  world = await openWorld();
  worker = startWorker(world);
  // After the proofs, which have our clock here.
  world.clock.ms = Date.now() + 5_000;
});
afterAll(async () => {
  await worker?.close();
  await world?.close();
});

const outcomes = async (shop: Shop) =>
  (await eventsOf(world.database, shop)).map(({ topic, outcome }) => `${topic} ${outcome}`).sort();
const connectionsOf = async (shop: Shop) =>
  (
    await world.database.owner.query<{ scopes: string[] | null }>(
      'select * from shopify_connections where shop = $1',
      [shop.domain],
    )
  ).rows;

it('stores changed scopes, once', async () => {
  const { shop } = await world.openShop();
  shop.updateScopes(['read_customers', 'read_orders']);
  await settled(world.database, shop);
  expect(await connectionsOf(shop)).toMatchObject([{ scopes: ['read_customers', 'read_orders'] }]);
  shop.updateScopes(['read_orders', 'read_customers']);
  await settled(world.database, shop);
  expect([...new Set(await outcomes(shop))]).toEqual(expect.arrayContaining(['app/scopes_update applied']));
  expect(await connectionsOf(shop)).toMatchObject([{ scopes: ['read_customers', 'read_orders'] }]);
});

it('deletes the tokens of a shop that has uninstalled the app, and ignores its later customers', async () => {
  const { shop, merchantId } = await world.openShop();
  shop.uninstall({ redactAfterMs: 3_600_000 });
  await waitUntil(async () => (await connectionsOf(shop)).length === 0, { what: 'the tokens to be deleted' });
  shop.sendWebhook({ topic: 'customers/update', customerId: shop.get(1)!.id });
  await settled(world.database, shop);
  const { rows } = await world.database.owner.query('select from customers where merchant_id = $1', [
    merchantId,
  ]);
  expect([rows.length, (await outcomes(shop)).includes('app/uninstalled applied')]).toEqual([0, true]);
});
