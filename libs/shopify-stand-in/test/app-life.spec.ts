import { createHmac } from 'node:crypto';
import { waitUntil } from '@core/testing';
import { DEV_CLIENT_ID, DEV_CLIENT_SECRET, shopIdOf } from '../src/index.ts';
import { CALLBACK, HOUR_MS, openRuleWorld, SHOP } from './rules/rule-world.ts';
import type { RuleWorld } from './rules/rule-world.ts';

let world: RuleWorld;
beforeEach(async () => void (world = await openRuleWorld()));
afterEach(() => world.close());

/** Signs a query as the page of the authorization code grant describes it, without the stand-in's code. */
function hmacOf(query: URLSearchParams, secret = DEV_CLIENT_SECRET): string {
  const pairs = [...query].filter(([name]) => name !== 'hmac').map(([name, value]) => `${name}=${value}`);
  return createHmac('sha256', secret).update(pairs.sort().join('&')).digest('hex');
}
const HOST = Buffer.from('admin.shopify.com/store/dev-shop').toString('base64').replaceAll('=', '');
const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

describe('an authorization', () => {
  it('redirects to the app with a signed code, and installs the app with the scopes', async () => {
    expect(world.shop.installed).toBe(false);
    const { status, location } = await world.authorize({
      scope: 'write_customers,read_customers',
      state: 's 1',
    });
    expect([status, location!.href.split('?')[0]]).toEqual([302, CALLBACK]);
    const query = location!.searchParams;
    expect(Object.fromEntries(query)).toEqual({
      code: expect.stringMatching(/^[0-9a-f]{32}$/),
      hmac: expect.stringMatching(/^[0-9a-f]{64}$/),
      host: HOST,
      shop: SHOP,
      state: 's 1',
      timestamp: String(world.clock.ms / 1000),
    });
    const { hmac, ...signed } = Object.fromEntries(query);
    expect(hmacOf(new URLSearchParams({ ...signed, state: 's%201' }))).toBe(hmac);
    expect(world.shop).toMatchObject({ installed: true, scopes: ['write_customers'] });
    expect(await world.token({ code: query.get('code')!, expiring: '1' })).toMatchObject({
      status: 200,
      body: {
        access_token: expect.stringMatching(/^shpat_/),
        expires_in: 3600,
        refresh_token: expect.stringMatching(/^shprt_/),
        refresh_token_expires_in: 90 * 86_400,
        scope: 'write_customers',
      },
    });
    expect(world.shop.stats()).toMatchObject({ granted: 1, violations: [] });
  });

  it('grants the configured scopes if it names none', async () => {
    await world.authorize({ scope: undefined });
    expect(world.shop.scopes).toEqual(['read_customers', 'read_customer_merge']);
  });

  it('leads to the list of apps when the merchant refuses, without a call of the app', async () => {
    world.shop.consent = 'refuse';
    const { status, location } = await world.authorize();
    expect([status, location!.href]).toEqual([302, `https://${SHOP}/admin/apps`]);
    expect(world.shop.installed).toBe(false);
    expect(world.rules()).toEqual([]);
  });

  it('of an installed app changes its scopes, and keeps its tokens', async () => {
    world.subscribe('app/scopes_update');
    const { access_token: token } = await world.installed();
    await world.authorize({ scope: 'read_customers' });
    expect(await world.settled()).toEqual(['app/scopes_update']);
    expect(await world.works(token)).toBe(true);
  });

  it('shows a page without the values of a refused request', async () => {
    const { status, body } = await world.authorize({ redirect_uri: 'https://evil.example.com/' });
    expect([status, body]).toEqual([
      400,
      expect.stringContaining('Oauth error invalid_request: The redirect_uri is not whitelisted'),
    ]);
    expect(body).not.toContain('evil');
  });

  it('is not implemented for online tokens', async () => {
    expect((await world.authorize({ 'grant_options[]': 'per-user' })).status).toBe(400);
    const online = 'urn:shopify:params:oauth:token-type:online-access-token';
    expect((await world.exchange({}, { requested_token_type: online })).status).toBe(400);
    expect(world.rules()).toEqual(['unsupported', 'unsupported']);
  });
});

describe('an app in the admin', () => {
  it('is opened by a signed URL with a session token', async () => {
    expect(() => world.shop.openApp()).toThrow('not installed');
    world.shop.install();
    const url = new URL(world.shop.openApp());
    expect(url.origin + url.pathname).toBe('https://app.example.com/');
    expect([...url.searchParams.keys()]).toEqual([
      'embedded',
      'hmac',
      'host',
      'id_token',
      'locale',
      'session',
      'shop',
      'timestamp',
    ]);
    const { hmac, id_token: token, ...rest } = Object.fromEntries(url.searchParams);
    expect(rest).toMatchObject({ embedded: '1', host: HOST, locale: 'en', shop: SHOP });
    expect(hmac).toBe(hmacOf(url.searchParams));
    expect(claimsOf(token!).sid).toBe(rest['session']);
    expect((await world.exchange(token)).status).toBe(200);
  });

  it('gets session tokens with the documented claims', () => {
    const iat = world.clock.ms / 1000;
    expect(claimsOf(world.shop.sessionToken())).toEqual({
      iss: `https://${SHOP}/admin`,
      dest: `https://${SHOP}`,
      aud: DEV_CLIENT_ID,
      sub: '902541635',
      exp: iat + 60,
      nbf: iat,
      iat,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      sid: expect.stringMatching(/^[0-9a-f]{64}$/),
      sig: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const other = claimsOf(world.shop.sessionToken({ claims: { sub: '7', sig: null } }));
    expect(other).not.toHaveProperty('sig');
    expect(other.sid).not.toBe(claimsOf(world.shop.sessionToken()).sid);
  });

  it('is requested with shop, timestamp and hmac when a merchant starts the installation', () => {
    const { searchParams } = new URL(world.shop.installUrl());
    expect([...searchParams.keys()]).toEqual(['hmac', 'host', 'shop', 'timestamp']);
    expect(searchParams.get('hmac')).toBe(hmacOf(searchParams));
  });

  it('is signed by the first of two secrets', () => {
    world.standIn.configure({ secrets: ['first', 'second'] });
    const { searchParams } = new URL(world.shop.installUrl());
    expect(searchParams.get('hmac')).toBe(hmacOf(searchParams, 'first'));
    expect(() => world.standIn.configure({ secrets: [] })).toThrow('at least one secret');
  });
});

describe('a token that does not expire', () => {
  it('is the same at each request in one installation, and another one after it', async () => {
    const one = (await world.installed({ expiring: '0' })).access_token;
    expect((await world.exchange({}, { expiring: undefined })).body).toEqual({
      access_token: one,
      scope: 'read_customers,read_customer_merge',
    });
    world.shop.uninstall();
    expect((await world.installed({ expiring: '0' })).access_token).not.toBe(one);
  });

  it('is refused to a public app with 403 and Shopify’s reason', async () => {
    const { access_token: token } = await world.installed({ expiring: '0' });
    const { status, body } = await world.graphql(token, '{ shop { id } }');
    expect([status, body.errors]).toEqual([
      403,
      expect.stringMatching(
        /^\[API\] Non-expiring access tokens are no longer accepted for the Admin API\. /,
      ),
    ]);
  });

  it('ends with its migration', async () => {
    world.standIn.configure({ distribution: 'custom' });
    const { access_token: token } = await world.installed({ expiring: '0' });
    const type = 'urn:shopify:params:oauth:token-type:offline-access-token';
    const { body } = await world.exchange(token, { subject_token_type: type });
    expect([await world.works(token), await world.works(body.access_token)]).toEqual([false, true]);
    expect((await world.exchange(token, { subject_token_type: type })).status).toBe(400);
  });
});

it('a retired access token can stay valid until it expires', async () => {
  world.shop.retiredTokens = 'valid';
  const { access_token: token } = await world.installed();
  await world.exchange();
  expect(await world.works(token)).toBe(true);
  world.clock.ms += HOUR_MS;
  expect(await world.works(token)).toBe(false);
});

describe('an uninstall', () => {
  it('ends all access, and counts later requests', async () => {
    const { access_token: token, refresh_token: refreshToken } = await world.installed();
    expect(await world.works(token)).toBe(true);
    world.shop.uninstall();
    for (const later of [1_000, 2_000]) {
      world.clock.ms += later;
      expect(await world.works(token)).toBe(false);
    }
    expect((await world.refresh(refreshToken)).status).toBe(401);
    expect((await world.exchange()).body.error).toBe('app_not_installed');
    expect(world.shop.stats()).toMatchObject({
      uninstalled: 2,
      afterUninstallMs: { first: 1_000, last: 3_000 },
      violations: [],
    });
    expect(() => world.shop.uninstall()).toThrow('not installed');
  });

  it('sends app/uninstalled, and shop/redact although the app was installed again', async () => {
    world.subscribe('app/uninstalled', 'shop/redact', 'customers/update');
    await world.installed();
    world.shop.uninstall({ redactAfterMs: 50 });
    world.clock.ms += 5_000;
    world.shop.install();
    await waitUntil(() => world.received.length >= 2, { what: 'two webhooks', everyMs: 5 });
    const [uninstalled, redact] = world.received;
    expect([uninstalled!.topic, redact!.topic]).toEqual(['app/uninstalled', 'shop/redact']);
    expect(uninstalled!.body).toMatchObject({ id: shopIdOf(SHOP), myshopify_domain: SHOP });
    expect(uninstalled!.headers['x-shopify-triggered-at']).toBe('2026-10-01T00:00:00.000000000Z');
    expect(redact!.body).toEqual({ shop_id: shopIdOf(SHOP), shop_domain: SHOP });
    expect(redact!.headers['x-shopify-triggered-at']).toBe('2026-10-01T00:00:05.000000000Z');
    expect(world.rules()).toEqual([]);
  });

  it('deletes the subscriptions of the shop, after the last webhook', async () => {
    const { access_token: token } = await world.installed();
    const { body } = await world.graphql(
      token,
      `mutation { webhookSubscriptionCreate(topic: APP_UNINSTALLED, webhookSubscription: { uri: "${world.webhookUrl}" }) { userErrors { message } } }`,
    );
    expect(body.data.webhookSubscriptionCreate.userErrors).toEqual([]);
    world.shop.uninstall();
    expect(await world.settled()).toEqual(['app/uninstalled']);
    expect(world.shop.subscriptions.list()).toEqual([]);
  });

  it('can be replaced by a shop that never had the app', async () => {
    await world.installed();
    world.subscribe('app/uninstalled');
    world.shop.installed = false;
    expect(await world.settled()).toEqual([]);
    expect(world.shop.stats()).toMatchObject({ uninstalled: 0, afterUninstallMs: null });
    expect((await world.exchange()).body.error).toBe('app_not_installed');
  });
});
