import { SessionTokenRefused, ShopifyUnavailable } from '@core/shopify';
import { aMerchantId } from '@core/testing';
import { createSessionCallers } from './session-callers.ts';

const [ADA, EVE] = [aMerchantId(), aMerchantId()];
const shop = 'a.myshopify.com';

/** A check whose token, owner and clocks the test sets. */
function world() {
  const world = {
    at: 1_000_000,
    merchant: ADA as typeof ADA | null,
    expiresAt: new Date(1_060_000),
    read: 0,
    refusal: undefined as Error | undefined,
  };
  const callers = createSessionCallers({
    read: async () => {
      world.read++;
      if (world.refusal) throw world.refusal;
      return { shop, userId: '7', expiresAt: world.expiresAt };
    },
    merchantOf: async () => world.merchant,
    now: () => world.at,
    monotonic: () => world.at,
  });
  return Object.assign(world, { callers });
}

it('binds a user of a shop to its merchant, without emails and without the number of the user', async () =>
  expect(await world().callers('t')).toEqual({
    caller: `shopify:${shop}`,
    boundTo: ADA,
    boundToShop: shop,
    scopes: new Set(['rfm:read', 'customers:read', 'imports:write', 'settings:write']),
  }));

it('remembers a token for five seconds, and notices another owner then', async () => {
  const check = world();
  await check.callers('t');
  check.merchant = EVE;
  check.at += 4_999;
  expect(await check.callers('t')).toMatchObject({ boundTo: ADA });
  check.at += 1;
  expect(await check.callers('t')).toMatchObject({ boundTo: EVE });
  expect(check.read).toBe(2);
});

it('does not remember a token past its end', async () => {
  const check = world();
  check.expiresAt = new Date(check.at + 1_000);
  await check.callers('t');
  check.at += 1_000;
  check.refusal = new SessionTokenRefused('the session token has expired: exp');
  await expect(check.callers('t')).rejects.toMatchObject({ kind: 'unauthenticated' });
});

it('refuses a shop that no merchant has connected, and remembers no refusal', async () => {
  const check = world();
  check.merchant = null;
  await expect(check.callers('t')).rejects.toMatchObject({
    kind: 'permission_denied',
    message: `the shop ${shop} is not connected; open the app in the Shopify admin again`,
  });
  check.merchant = ADA;
  expect(await check.callers('t')).toMatchObject({ boundTo: ADA });
});

it('does not take a failure for a refusal', async () => {
  const check = world();
  check.refusal = new ShopifyUnavailable('HTTP 503');
  await expect(check.callers('t')).rejects.toBe(check.refusal);
});
