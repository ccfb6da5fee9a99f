import { randomBytes, randomUUID } from 'node:crypto';
import type { MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction, type Pool, type Tx } from '@core/db';
import { connectShop, storeCustomerAccess, type CommandContext, type ShopConnection } from '@core/domain';
import { CoreError, createLogger, Registry } from '@core/runtime';
import {
  countCustomers,
  createPlanTierCache,
  ShopifyRejected,
  ShopifyUnavailable,
  Unauthorized,
} from '@core/shopify';
import {
  DEV_CLIENT_ID,
  DEV_CLIENT_SECRET,
  shopIdOf,
  type ShopifyStandIn,
  type TokenPair,
} from '@core/shopify-stand-in';
import { newSecrets, startStack, type Stack } from '@core/stack';
import { aMerchantId, waitUntil } from '@core/testing';
import { createImporterMetrics } from '../src/metrics.ts';
import { bindShops } from '../src/shop-clients.ts';
import { createTokenKeeper, type TokenKeeperOptions } from '../src/tokens/token-keeper.ts';
import { UNLIMITED } from './support.ts';

let stack: Stack;
let importer: Pool;
let api: Pool;
let owner: Pool;
let standIn: ShopifyStandIn;
const newKeys = (keyring: string) => createMerchantKeyStore(parseKeyring(keyring));
const aKey = () => randomBytes(32).toString('base64');
const keyring = `test:${aKey()}`;
const keys = newKeys(keyring);
const ctx: CommandContext = { caller: 'spec', requestId: randomUUID(), keys };
const asApi = <T>(merchantId: MerchantId, work: (tx: Tx) => Promise<T>): Promise<T> =>
  inTransaction(api, work, { merchantId });

beforeAll(async () => {
  stack = await startStack({
    services: 'run',
    postgres: {},
    shopify: { customers: 7 },
    secrets: newSecrets({ encryptionKeys: keyring }),
  });
  standIn = stack.shopify;
  // With the apps' roles, so that a missing privilege is detected.
  importer = stack.pool('core_importer', { max: 10 });
  api = stack.pool('core_api', { max: 10 });
  owner = stack.pool('core_owner', { max: 10 });
});
afterAll(() => stack?.stop());

const keeper = (options: Partial<TokenKeeperOptions> = {}) =>
  createTokenKeeper({
    pool: importer,
    keys,
    baseUrl: standIn.url,
    apiVersion: '2026-10',
    clientId: DEV_CLIENT_ID,
    clientSecret: DEV_CLIENT_SECRET,
    signal: new AbortController().signal,
    ...options,
  });

const SECONDS = 1_000;

/**
 * Connects a shop with a pair of tokens. `leftMs` is the access token's remaining lifetime in the database.
 */
async function connect({ leftMs = 3_600 * SECONDS } = {}) {
  const merchantId = aMerchantId();
  const shop = `shop-${randomBytes(6).toString('hex')}.myshopify.com`;
  const far = standIn.shop(shop);
  const pair = far.tokens.issue();
  const reconnect = ({ accessToken, refreshToken }: TokenPair) =>
    asApi(merchantId, (tx) =>
      connectShop(tx, ctx, {
        merchantId,
        shop,
        shopId: String(shopIdOf(shop)),
        accessToken,
        refreshToken,
        expiresAt: new Date(Date.now() + leftMs),
      }),
    );
  await reconnect(pair);
  return { connection: { merchantId, shop }, far, pair, reconnect };
}

const works = (shop: string, accessToken: string): Promise<boolean> =>
  countCustomers(
    bindShops({
      api: { baseUrl: standIn.url, apiVersion: '2026-10' },
      tokens: { read: async () => accessToken, refresh: () => Promise.reject(new Unauthorized()) },
      limiter: UNLIMITED,
      planTiers: createPlanTierCache(),
      metrics: createImporterMetrics(new Registry(), () => 0),
      log: createLogger('importer', 'fatal'),
    })({ merchantId: aMerchantId(), shop }, { signal: new AbortController().signal }),
    {},
  ).then(
    (count) => count === 7,
    () => false,
  );

const stored = async (shop: string) => {
  const { rows } = await importer.query<Record<string, unknown>>(
    'select * from shopify_connections where shop = $1',
    [shop],
  );
  return rows[0]!;
};
const refusedAt = async ({ shop }: ShopConnection) => (await stored(shop)).refused_at;

it('returns the merchant’s token while it is valid', async () => {
  const { connection, far, pair, reconnect } = await connect();
  expect(await keeper().read(connection)).toBe(pair.accessToken);
  const other = far.tokens.issue();
  await reconnect(other);
  expect(await keeper().read(connection)).toBe(other.accessToken);
  expect(far.stats()).toMatchObject({ refreshed: 0, violations: [] });
});

it('names the missing call when the shop is not connected', async () => {
  const shop = 'nobody.myshopify.com';
  const asked = keeper().read({ merchantId: aMerchantId(), shop });
  await expect(asked).rejects.toThrow(
    `shop: ${shop} is not connected; install the app in it, or call ConnectShop`,
  );
});

it.each([
  [
    'destroyed keys',
    `update merchant_keys set data_key = null, index_key = null, destroyed_at = now() where merchant_id = $1`,
  ],
  ['no keys', `delete from merchant_keys where merchant_id = $1`],
  [
    'another value',
    `update shopify_connections set access_token = '1.' || repeat('A', 60), refresh_token = '1.' || repeat('A', 60)
      where merchant_id = $1`,
  ],
])('immediately requires connecting the shop again when its token is lost: %s', async (_, lose) => {
  const { connection, pair } = await connect();
  await owner.query(lose, [connection.merchantId]);
  const { read, refresh } = keeper({ keys: newKeys(keyring) });
  for (const ask of [() => read(connection), () => refresh(connection, pair.accessToken)]) {
    await expect(ask()).rejects.toMatchObject({
      name: 'CoreError',
      kind: 'failed_precondition',
      field: 'shop',
      message: expect.stringContaining('Connect the shop again, then resume the import'),
    });
  }
});

it.each([`other:${aKey()}`, `test:${aKey()}`])(
  'can read a token again once the right keyring is back',
  async (other) => {
    const { connection, pair } = await connect();
    await expect(keeper({ keys: newKeys(other) }).read(connection)).rejects.toMatchObject({
      name: 'KeyError',
      message: expect.stringContaining('CORE_ENCRYPTION_KEYS'),
    });
    expect(
      await keeper({ keys: newKeys(`${other.replace('test', 'next')},${keyring}`) }).read(connection),
    ).toBe(pair.accessToken);
  },
);

it('replaces a token in its last minute, and stores the new ones encrypted', async () => {
  const { connection, far, pair } = await connect({ leftMs: 30 * SECONDS });
  const before = await stored(connection.shop);
  const token = await keeper().read(connection);
  expect(token).not.toBe(pair.accessToken);
  expect(await works(connection.shop, token)).toBe(true);
  const after = await stored(connection.shop);
  expect(after.expires_at as Date).not.toEqual(before.expires_at);
  expect(after.refresh_token).not.toBe(before.refresh_token);
  expect(after.refreshing_until).toBeNull();
  expect(JSON.stringify(after)).not.toMatch(/shpat_|shprt_/);
  // Another importer sees it immediately.
  expect(await keeper().read(connection)).toBe(token);
  expect(far.stats()).toMatchObject({ refreshed: 1, violations: [] });
});

it('uses a token that is still valid when it cannot be refreshed', async () => {
  const { connection, far, pair } = await connect({ leftMs: 30 * SECONDS });
  far.fault({ kind: 'http503', on: 'oauth' });
  expect(await keeper().read(connection)).toBe(pair.accessToken);
  expect(far.stats().refreshed).toBe(0);
});

it('does not wait for another refresh while the token is still valid', async () => {
  const { connection, far, pair } = await connect({ leftMs: 30 * SECONDS });
  await importer.query(
    `update shopify_connections set refreshing_until = now() + interval '1 h' where shop = $1`,
    [connection.shop],
  );
  expect(await keeper().read(connection)).toBe(pair.accessToken);
  expect(far.stats().refreshed).toBe(0);
});

it('refreshes once for concurrent refusals, across all importers', async () => {
  const { connection, far, pair } = await connect();
  far.tokens.expire();
  expect(await works(connection.shop, pair.accessToken)).toBe(false);
  const keepers = [keeper(), keeper()];
  const tokens = await Promise.all(
    Array.from({ length: 12 }, (_, n) => keepers[n % 2]!.refresh(connection, pair.accessToken)),
  );
  expect(new Set(tokens).size).toBe(1);
  expect(await works(connection.shop, tokens[0]!)).toBe(true);
  expect(far.stats()).toMatchObject({ refreshed: 1, violations: [] });
});

it('returns the stored token without a request to Shopify when another token was refused', async () => {
  const { connection, far, pair } = await connect();
  expect(await keeper().refresh(connection, 'shpat_older')).toBe(pair.accessToken);
  expect(far.stats()).toMatchObject({ refreshed: 0, unauthorized: 0 });
});

it('takes over from an importer that died during a refresh, even if Shopify had answered', async () => {
  const { connection, far, pair } = await connect();
  far.tokens.expire();
  // The reply is truncated in transit: Shopify has issued tokens that were not stored.
  far.fault({ kind: 'truncate', on: 'oauth' });
  await expect(keeper().refresh(connection, pair.accessToken)).rejects.toThrow(ShopifyUnavailable);
  expect((await stored(connection.shop)).refreshing_until).not.toBeNull();
  const token = await keeper().refresh(connection, pair.accessToken);
  expect(await works(connection.shop, token)).toBe(true);
  expect(far.stats().violations).toEqual([]);
});

it('keeps the tokens that the merchant connects during a refresh', async () => {
  const { connection, far, pair, reconnect } = await connect();
  far.tokens.expire();
  far.latencyMs = [300, 300];
  const refreshing = keeper().refresh(connection, pair.accessToken);
  await waitUntil(async () => (await stored(connection.shop)).refreshing_until !== null, {
    what: 'the refresh to start',
    everyMs: 5,
  });
  const own = { ...far.tokens.issue(), accessToken: 'shpat_own' };
  await reconnect(own);
  // Either Shopify has already retired the old refresh token, or its successor is not stored.
  await refreshing.catch(() => undefined);
  expect(await keeper().read(connection)).toBe('shpat_own');
});

it('tells the merchant to connect again when access was revoked, and does not request new tokens twice', async () => {
  const { connection, far, pair, reconnect } = await connect();
  far.tokens.revoke();
  const refusal = await keeper()
    .refresh(connection, pair.accessToken)
    .catch((error: unknown) => error as CoreError);
  expect(refusal).toBeInstanceOf(CoreError);
  expect(refusal).toMatchObject({ kind: 'failed_precondition', field: 'shop' });
  expect(String(refusal)).toContain('Connect the shop again, then resume the import.');
  expect(String(refusal)).not.toMatch(/shpat_|shprt_/);
  const noted = await refusedAt(connection);
  expect(noted).toBeInstanceOf(Date);
  await expect(keeper().refresh(connection, pair.accessToken)).rejects.toThrow('Connect the shop again');
  expect(await refusedAt(connection)).toEqual(noted);
  expect(far.stats()).toMatchObject({ refreshed: 0, unauthorized: 1, violations: [] });

  const again = far.tokens.issue();
  await reconnect(again);
  expect(await refusedAt(connection)).toBeNull();
  expect(await keeper().refresh(connection, pair.accessToken)).toBe(again.accessToken);
});

it('tells the merchant as well when a token without successor is refused, until the shop answers again', async () => {
  const { connection, pair } = await connect();
  await owner.query('update shopify_connections set refresh_token = null where merchant_id = $1', [
    connection.merchantId,
  ]);
  await expect(keeper().refresh(connection, pair.accessToken)).rejects.toThrow('Connect the shop again');
  expect(await refusedAt(connection)).toBeInstanceOf(Date);
  const answer = { ...connection, access: undefined };
  await inTransaction(importer, (tx) => storeCustomerAccess(tx, answer), {
    merchantId: connection.merchantId,
  });
  expect(await refusedAt(connection)).toBeNull();
});

it('reports that the app’s credentials are not accepted, and keeps the refresh token', async () => {
  const { connection, far, pair } = await connect();
  far.tokens.expire();
  for (const options of [{ clientId: '' }, { clientSecret: 'another' }]) {
    const refreshing = keeper(options).refresh(connection, pair.accessToken);
    await expect(refreshing).rejects.toThrow(ShopifyRejected);
    await expect(refreshing).rejects.toThrow('SHOPIFY_CLIENT_ID');
  }
  expect(await refusedAt(connection)).toBeNull();
  expect(await works(connection.shop, await keeper().refresh(connection, pair.accessToken))).toBe(true);
});
