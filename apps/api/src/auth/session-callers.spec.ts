import { randomBytes } from 'node:crypto';
import { SessionTokenRefused, ShopifyUnavailable } from '@core/shopify';
import { aMerchantId } from '@core/testing';
import { createConsoleTokens } from './console-tokens.ts';
import { createSessionCallers } from './session-callers.ts';

const [ADA, EVE] = [aMerchantId(), aMerchantId()];
const shop = 'a.myshopify.com';
const since = new Date(500_000);

/** A check whose token, connection and clocks the test sets. */
function world() {
  const world = {
    at: 1_000_000,
    connection: { merchantId: ADA, since } as { merchantId: typeof ADA; since: Date } | null,
    expiresAt: new Date(1_060_000),
    read: 0,
    refusal: undefined as Error | undefined,
  };
  const consoleTokens = createConsoleTokens([randomBytes(32)], () => world.at);
  const callers = createSessionCallers({
    readSession: async () => {
      world.read++;
      if (world.refusal) throw world.refusal;
      return { shop, userId: '7', expiresAt: world.expiresAt };
    },
    readConsole: consoleTokens.read,
    connectionOf: async () => world.connection,
    now: () => world.at,
    monotonic: () => world.at,
  });
  const opened = () => consoleTokens.make({ shop, connection: { merchantId: ADA, since } });
  return Object.assign(world, { callers, opened });
}

const USER = {
  caller: `shopify:${shop}`,
  boundTo: ADA,
  boundToShop: shop,
  scopes: new Set(['rfm:read', 'customers:read', 'imports:write', 'settings:write']),
};

it('binds a user of a shop to its merchant, without emails and without the number of the user', async () =>
  expect(await world().callers('t')).toEqual({
    ...USER,
    opens: { shop, connection: { merchantId: ADA, since } },
  }));

it('remembers a token for five seconds, and notices another owner then', async () => {
  const check = world();
  await check.callers('t');
  check.connection = { merchantId: EVE, since };
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
  check.connection = null;
  await expect(check.callers('t')).rejects.toMatchObject({
    kind: 'permission_denied',
    message: `the shop ${shop} is not connected; open the app in the Shopify admin again`,
  });
  check.connection = { merchantId: ADA, since };
  expect(await check.callers('t')).toMatchObject({ boundTo: ADA });
});

it('does not take a failure for a refusal', async () => {
  const check = world();
  check.refusal = new ShopifyUnavailable('HTTP 503');
  await expect(check.callers('t')).rejects.toBe(check.refusal);
});

describe('a console token', () => {
  it('has the rights of a session token, and opens no other', async () => {
    const check = world();
    expect(await check.callers(check.opened())).toEqual(USER);
    expect(check.read).toBe(0);
  });

  it.each([
    ['is not connected', null],
    ['belongs to another merchant', { merchantId: EVE, since }],
    ['was connected again', { merchantId: ADA, since: new Date(since.getTime() + 1) }],
  ])('ends when the shop %s', async (_, connection) => {
    const check = world();
    const token = check.opened();
    await check.callers(token);
    check.connection = connection;
    check.at += 5_000;
    await expect(check.callers(token)).rejects.toMatchObject({
      kind: 'unauthenticated',
      message: `the console token has ended with the connection of ${shop}`,
    });
  });

  it('ends after an hour, also when it is remembered', async () => {
    const check = world();
    const token = check.opened();
    check.at += 3_600_000 - 1;
    await check.callers(token);
    check.at += 1;
    await expect(check.callers(token)).rejects.toMatchObject({ message: 'the console token has expired' });
  });
});
