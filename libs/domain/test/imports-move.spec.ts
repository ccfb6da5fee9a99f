import { randomUUID } from 'node:crypto';
import { inTransaction } from '@core/db';
import { shopIdOf } from '@core/shopify-stand-in';
import { insertConnection } from '@core/testing';
import {
  connectShop,
  failRun,
  moveShop,
  decryptWebhookBody,
  readStoredToken,
  recordPrivacyRequest,
  resumeImport,
  setImportSchedule,
  type ShopConnection,
} from '../src/index.ts';
import { newShop, openImports, type ImportsWorld } from './imports-support.ts';
import { receive as receiveAs, type SentWebhook } from './receive-support.ts';

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

const renamed = ({ shop }: ShopConnection) => `new-${shop}`;
const numberOf = ({ shop }: ShopConnection) => String(shopIdOf(shop));
const move = (
  shop: ShopConnection,
  { newShop = renamed(shop), shopId = numberOf(shop) }: { newShop?: string; shopId?: string } = {},
) => world.asApi(shop, (tx) => moveShop(tx, world.ctx, { ...shop, newShop, shopId }));
const tokenOf = (shop: ShopConnection) =>
  world.asImporter(async (tx) => (await readStoredToken(tx, world.ctx, shop)).accessToken);
const receive = (shop: string, webhook: Pick<SentWebhook, 'topic'> & Partial<SentWebhook>) =>
  receiveAs(world.api, world.ctx, {
    shop,
    eventId: randomUUID(),
    body: Buffer.from('{"id":7}'),
    ...webhook,
  });
const rowsOf = async (table: string, { merchantId }: ShopConnection) =>
  (
    await world.owner.query<{ shop: string } & Record<string, unknown>>(
      `select * from ${table} where merchant_id = $1 order by created_at`,
      [merchantId],
    )
  ).rows;
const entriesOf = async ({ merchantId }: ShopConnection) =>
  (
    await world.owner.query<{ shop: string; shop_id: string | null }>(
      'select shop, shop_id from shop_directory where merchant_id = $1',
      [merchantId],
    )
  ).rows;

it('gives tokens, schedule and imports of a renamed shop its new name, and a failed import can be resumed', async () => {
  const { shop, page, ref } = await world.begin();
  const connection = { ...shop, accessToken: 'shpat_expires', refreshToken: 'r' };
  await world.asApi(shop, (tx) => connectShop(tx, world.ctx, { ...connection, shopId: numberOf(shop) }));
  await world.asApi(shop, (tx) =>
    setImportSchedule(tx, world.ctx, {
      ...shop,
      cron: '0 3 * * *',
      timeZone: 'UTC',
      mode: 'delta',
      enabled: true,
    }),
  );
  await world.asImporter((tx) => failRun(tx, world.ctx, { ...page, message: 'renamed' }));
  expect(await move(shop)).toEqual({
    shop: renamed(shop),
    moved: { imports: 1, schedules: 1, webhooks: 0 },
  });

  const now = { ...shop, shop: renamed(shop) };
  expect(await tokenOf(now)).toBe('shpat_expires');
  await expect(tokenOf(shop)).rejects.toMatchObject({ kind: 'failed_precondition' });
  expect(await rowsOf('shopify_connections', shop)).toMatchObject([{ shop: now.shop }]);
  expect(await entriesOf(shop)).toEqual([{ shop: now.shop, shop_id: numberOf(shop) }]);
  expect(await rowsOf('import_schedules', shop)).toMatchObject([{ shop: now.shop, cron: '0 3 * * *' }]);
  await world.asApi(shop, (tx) => resumeImport(tx, world.ctx, ref));
  expect(await world.show(ref)).toMatchObject({ shop: now.shop, status: 'pending' });
  expect(await world.actionsOf(shop.merchantId)).toContain('shop.move');
});

it('moves stored webhooks, and decrypts them under the new name', async () => {
  const shop = await world.connect();
  const eventId = randomUUID();
  expect(await receive(shop.shop, { topic: 'customers/update', eventId })).toBe('stored');
  // Under the new name, before the move: the shop id identifies the merchant.
  const byNumber = { shopId: numberOf(shop), shopIdFinds: true };
  expect(await receive(renamed(shop), { topic: 'customers/redact', ...byNumber })).toBe('stored');
  expect(await move(shop)).toMatchObject({ moved: { webhooks: 2 } });
  const { rows } = await world.owner.query<{ shop: string; body: string; topic: 'customers/update' }>(
    'select shop, topic, body from webhook_events where merchant_id = $1 and event_id = $2',
    [shop.merchantId, eventId],
  );
  expect(rows[0]).toMatchObject({ shop: renamed(shop) });
  const decrypted = world.asApi(shop, (tx) =>
    decryptWebhookBody(tx, world.ctx, { ...shop, eventId, ...rows[0]! }),
  );
  expect((await decrypted).toString()).toBe('{"id":7}');
  expect(await receive(renamed(shop), { topic: 'customers/update', eventId })).toBe('duplicate');
});

it('moves the shop automatically when the merchant connects it by its new name', async () => {
  const { shop, ref } = await world.begin();
  const now = { ...shop, shop: renamed(shop) };
  await world.asApi(shop, (tx) =>
    connectShop(tx, world.ctx, { ...now, shopId: numberOf(shop), accessToken: 'shpat_new' }),
  );
  expect(await rowsOf('shopify_connections', shop)).toMatchObject([{ shop: now.shop }]);
  expect(await tokenOf(now)).toBe('shpat_new');
  expect(await world.show(ref)).toMatchObject({ shop: now.shop });
});

it('keeps one connection of a shop that was connected by both names', async () => {
  const shop = await world.connect();
  const now = { ...shop, shop: renamed(shop) };
  await insertConnection(world.owner, now);
  await move(shop);
  expect(await rowsOf('shopify_connections', shop)).toMatchObject([{ shop: now.shop }]);
  expect(await entriesOf(shop)).toEqual([{ shop: now.shop, shop_id: numberOf(shop) }]);
  expect(await tokenOf(now)).toBe('shpat_secret');
});

it('refuses a move to another shop or another merchant’s shop, and of an unproven shop', async () => {
  const shop = await world.connect();
  const other = await world.connect();
  await expect(move(shop, { shopId: '1' })).rejects.toMatchObject({
    kind: 'failed_precondition',
    field: 'new_shop',
    message: `new_shop: ${renamed(shop)} is not the shop that was connected as ${shop.shop}`,
  });
  await expect(move(shop, { newShop: other.shop })).rejects.toMatchObject({ kind: 'already_exists' });
  await expect(move(shop, { newShop: shop.shop.toUpperCase() })).rejects.toMatchObject({
    kind: 'invalid_argument',
    field: 'new_shop',
  });
  await expect(move(shop, { newShop: 'example.com' })).rejects.toMatchObject({ field: 'new_shop' });
  await expect(move({ ...newShop(), shop: shop.shop })).rejects.toMatchObject({
    kind: 'failed_precondition',
    field: 'shop',
  });
  await world.owner.query('update shop_directory set shop_id = null where shop = $1', [shop.shop]);
  await expect(move(shop)).rejects.toMatchObject({ kind: 'failed_precondition', field: 'shop' });
  expect(await rowsOf('shopify_connections', shop)).toMatchObject([{ shop: shop.shop }]);
});

it('refuses the shop by its new name to another merchant, too', async () => {
  const shop = await world.connect();
  const thief = { ...newShop(), shop: renamed(shop) };
  await expect(
    world.asApi(thief, (tx) =>
      connectShop(tx, world.ctx, { ...thief, shopId: numberOf(shop), accessToken: 'x' }),
    ),
  ).rejects.toMatchObject({ kind: 'already_exists', field: 'shop' });
});

it('does not move a shop with a pending redaction: the request has its old name', async () => {
  const [queried, notified] = [await world.connect(), await world.connect()];
  await receive(queried.shop, { topic: 'shop/redact' });
  const request = {
    merchantId: notified.merchantId,
    requestId: 'r',
    kind: 'shop_redact' as const,
    shop: notified.shop,
  };
  await inTransaction(world.owner, (tx) => recordPrivacyRequest(tx, world.ctx, request));
  for (const shop of [queried, notified]) {
    await expect(move(shop)).rejects.toMatchObject({
      kind: 'failed_precondition',
      message: `shop: a redaction of ${shop.shop} is pending; it must be completed or cancelled first`,
    });
  }
});

it('does not move while both names have an import in progress', async () => {
  const { shop } = await world.begin();
  await world.owner.query(
    `insert into customer_import_logs (merchant_id, shop, status) values ($1, $2, 'running')`,
    [shop.merchantId, renamed(shop)],
  );
  await expect(move(shop)).rejects.toMatchObject({ kind: 'already_exists' });
});
