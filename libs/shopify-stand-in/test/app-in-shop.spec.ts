import { DEV_CLIENT_ID, shopIdOf, startShopifyStandIn } from '../src/index.ts';
import { openRuleWorld, SHOP } from './rules/rule-world.ts';
import type { RuleWorld } from './rules/rule-world.ts';

let world: RuleWorld;
beforeEach(async () => void (world = await openRuleWorld()));
afterEach(() => world.close());

describe('granted scopes', () => {
  it('are reported with the read scopes that they include', async () => {
    world.standIn.configure({ scopes: ['write_customers'] });
    const { access_token: token } = await world.installed();
    const { body } = await world.graphql(
      token,
      '{ currentAppInstallation { accessScopes { handle } app { apiKey } } }',
    );
    expect(body.data.currentAppInstallation).toEqual({
      accessScopes: [{ handle: 'write_customers' }, { handle: 'read_customers' }],
      app: { apiKey: DEV_CLIENT_ID },
    });
  });

  it('change with a webhook that names both lists', async () => {
    world.subscribe('app/scopes_update');
    world.shop.install();
    world.shop.updateScopes(['read_customers']);
    await world.settled();
    expect(world.received[0]!.body).toEqual({
      id: expect.any(Number),
      previous: ['read_customers', 'read_customer_merge'],
      current: ['read_customers'],
      updated_at: '2026-09-30T19:00:00-05:00',
      shop_id: shopIdOf(SHOP),
    });
  });

  it('decide what the Admin API answers', async () => {
    const { access_token: token } = await world.installed();
    world.shop.scopes = ['read_products'];
    const denied = async (query: string) => (await world.graphql(token, query)).body.errors;
    expect(await denied('{ customers(first: 1) { nodes { id } } }')).toMatchObject([
      {
        message: 'Access denied for customers field. Required access: `read_customers` access scope.',
        extensions: { code: 'ACCESS_DENIED' },
      },
    ]);
    expect(await denied('{ customersCount { count } }')).toMatchObject([{ path: ['customersCount'] }]);
    expect(world.rules()).toEqual([]);
    const headers = { 'x-shopify-access-token': token };
    const url = `${world.standIn.url.replace('{shop}', SHOP)}/admin/api/2026-10/customers/count.json`;
    const rest = await fetch(url, { headers });
    expect([rest.status, await rest.json()]).toEqual([
      403,
      { errors: '[API] This action requires merchant approval for read_customers scope.' },
    ]);
  });
});

it('the plan of a shop is reported by Shopify’s names', async () => {
  const { access_token: token } = await world.installed();
  const plan = async () =>
    (await world.graphql(token, '{ shop { plan { publicDisplayName shopifyPlus partnerDevelopment } } }'))
      .body.data.shop.plan;
  expect(await plan()).toEqual({ publicDisplayName: 'Basic', shopifyPlus: false, partnerDevelopment: false });
  world.shop.plan = 'plus';
  expect(await plan()).toEqual({ publicDisplayName: 'Plus', shopifyPlus: true, partnerDevelopment: false });
  world.shop.development = true;
  expect(await plan()).toMatchObject({ publicDisplayName: 'Development', partnerDevelopment: true });
});

it('a shop’s subscriptions are listed, and receive their topic', async () => {
  const { access_token: token } = await world.installed();
  const create = `mutation { webhookSubscriptionCreate(topic: CUSTOMERS_UPDATE, webhookSubscription: { uri: "${world.webhookUrl}", format: JSON }) { webhookSubscription { id } } }`;
  const { id } = (await world.graphql(token, create)).body.data.webhookSubscriptionCreate.webhookSubscription;
  const list = `{ webhookSubscriptions(first: 5, topics: [CUSTOMERS_UPDATE]) { nodes { id topic uri format createdAt
    endpoint { ... on WebhookHttpEndpoint { callbackUrl } } } pageInfo { hasNextPage } } }`;
  expect((await world.graphql(token, list)).body.data.webhookSubscriptions).toEqual({
    nodes: [
      {
        id,
        topic: 'CUSTOMERS_UPDATE',
        uri: world.webhookUrl,
        format: 'JSON',
        createdAt: '2026-10-01T00:00:00Z',
        endpoint: { callbackUrl: world.webhookUrl },
      },
    ],
    pageInfo: { hasNextPage: false },
  });
  world.shop.edit(world.shop.get(1)!.id, { tags: ['x'] });
  world.shop.remove(world.shop.get(2)!.id);
  expect(await world.settled()).toEqual(['customers/update']);
  expect(world.rules()).toEqual([]);
});

it('the Date of replies is the time of the stand-in’s clock', async () => {
  const { headers } = await world.exchange();
  expect(headers.get('date')).toBe('Thu, 01 Oct 2026 00:00:00 GMT');
});

describe('the control endpoints', () => {
  it('configure the app, and return its configuration', async () => {
    expect((await world.control('app', { scopes: ['read_orders'] })).body.scopes).toEqual(['read_orders']);
    expect((await world.control('app')).body).toEqual(world.standIn.app);
  });

  it('run a whole life of the app', async () => {
    const shop = `shops/${SHOP}`;
    const post = async (path: string, body: object = {}) =>
      (await world.control(`${shop}/${path}`, body)).body;
    expect(await post('install')).toMatchObject({ installed: true, scopes: world.standIn.app.scopes });
    expect((await post('open')).url).toContain('id_token=');
    expect((await post('install-url')).url).toContain('hmac=');
    const { sessionToken } = await post('session-token', { claims: { sub: '7' } });
    expect((await world.exchange(sessionToken)).status).toBe(200);
    expect(await post('scopes', { scopes: ['read_customers'] })).toMatchObject({
      scopes: ['read_customers'],
    });
    expect((await world.control(`${shop}/subscriptions`)).body.subscriptions).toEqual([]);
    expect(await post('uninstall', { redactAfterMs: 1e6 })).toMatchObject({ installed: false });
    const settings = { consent: 'refuse', development: true, retiredTokens: 'valid', installed: true };
    await world.control(shop, settings);
    expect(world.shop).toMatchObject(settings);
    expect((await world.control(`${shop}/other`, {})).status).toBe(404);
  });
});

it('a shop has the app from the start if the stand-in is not told otherwise', async () => {
  const standIn = await startShopifyStandIn({ customers: 1 });
  expect(standIn.shop(SHOP)).toMatchObject({
    installed: true,
    accessToken: 'shpat_dev',
    scopes: ['read_customers'],
  });
  await standIn.close();
});
