import { shopIdOf } from '@core/shopify-stand-in';
import { aMerchantId } from '@core/testing';
import { connectShop, getShop, readStoredToken, storeTimeZone, type ShopConnection } from '../src/index.ts';
import { newShop, openImports, type ImportsWorld } from './imports-support.ts';

let world: ImportsWorld;
beforeAll(async () => (world = await openImports()));
afterEach(() => world.reset());
afterAll(() => world.close());

const tokenOf = (shop: ShopConnection): Promise<string> =>
  world.asImporter(async (tx) => (await readStoredToken(tx, world.ctx, shop)).accessToken);

describe('connectShop', () => {
  it('stores the token encrypted and returns it in plain text', async () => {
    const shop = newShop();
    const connected = await world.asApi(shop, (tx) =>
      connectShop(tx, world.ctx, {
        ...shop,
        shop: shop.shop.toUpperCase(),
        shopId: String(shopIdOf(shop.shop)),
        accessToken: 'shpat_secret',
        refreshToken: 'r',
      }),
    );
    expect(connected).toEqual({ shop: shop.shop });
    const { rows } = await world.owner.query('select * from shopify_connections where shop = $1', [
      shop.shop,
    ]);
    expect(rows[0]).toMatchObject({
      merchant_id: shop.merchantId,
      access_token: expect.stringMatching(/^1\.[A-Za-z0-9+/=]+$/) as string,
    });
    expect(JSON.stringify(rows)).not.toContain('secret');
    expect(await tokenOf(shop)).toBe('shpat_secret');
    expect(await world.actionsOf(shop.merchantId)).toEqual(['shop.connect']);
  });

  it('keeps the time zone of the shop, of this merchant alone', async () => {
    const shop = newShop();
    const zone = async () => (await world.asApi(shop, (tx) => getShop(tx, shop))).timeZone;
    const shopId = String(shopIdOf(shop.shop));
    const given = { ...shop, shopId, accessToken: 'shpat_secret' };
    await world.asApi(shop, (tx) => connectShop(tx, world.ctx, { ...given, timeZone: 'Europe/Berlin' }));
    expect(await zone()).toBe('Europe/Berlin');
    const other = { merchantId: aMerchantId(), shop: shop.shop, timeZone: 'Asia/Tokyo' };
    await world.asApi(other, (tx) => storeTimeZone(tx, other));
    expect(await zone()).toBe('Europe/Berlin');
    await world.asApi(shop, (tx) => storeTimeZone(tx, { ...shop, timeZone: 'America/Lima' }));
    expect(await zone()).toBe('America/Lima');
    await world.asApi(shop, (tx) => connectShop(tx, world.ctx, given));
    expect(await zone()).toBeNull();
  });

  it('replaces the token of a connected shop', async () => {
    const shop = await world.connect();
    await world.asApi(shop, (tx) =>
      connectShop(tx, world.ctx, { ...shop, shopId: String(shopIdOf(shop.shop)), accessToken: 'shpat_new' }),
    );
    expect(await tokenOf(shop)).toBe('shpat_new');
  });

  it('refuses another merchant’s shop, and names of other hosts', async () => {
    const shop = await world.connect();
    const steal = {
      merchantId: aMerchantId(),
      shop: shop.shop,
      shopId: String(shopIdOf(shop.shop)),
      accessToken: 'x',
    };
    await expect(world.asApi(steal, (tx) => connectShop(tx, world.ctx, steal))).rejects.toMatchObject({
      kind: 'already_exists',
    });
    expect(await tokenOf(shop)).toBe('shpat_secret');
    for (const name of ['example.com', 'evil.example/x.myshopify.com', '.myshopify.com', '']) {
      await expect(
        world.asApi(steal, (tx) => connectShop(tx, world.ctx, { ...steal, shop: name })),
      ).rejects.toMatchObject({
        kind: 'invalid_argument',
        field: 'shop',
      });
    }
  });

  it('does not decrypt a token that was moved to another shop', async () => {
    const [a, b] = [await world.connect(), newShop()];
    await world.connect({ ...b, merchantId: a.merchantId });
    await world.owner.query(
      'update shopify_connections set access_token = (select access_token from shopify_connections where shop = $1) where shop = $2',
      [a.shop, b.shop],
    );
    const moved = { merchantId: a.merchantId, shop: b.shop };
    await expect(tokenOf(moved)).rejects.toThrow('cannot be decrypted');
  });
});
