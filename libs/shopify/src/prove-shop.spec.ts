import { SUPPORTED_VERSIONS, validateAdminDocument } from '@core/shopify-stand-in';
import type { ShopClient } from './client/shop-client.ts';
import { CustomersWithheld, EmailsWithheld, ShopifyUnavailable, Unauthorized } from './answers/errors.ts';
import { readProof, SHOP_PROOF, ShopUnproven } from './prove-shop.ts';

const shop = 'a.myshopify.com';
const reply = (change: object = {}, scopes: string[] = ['read_customers']) => ({
  shop: {
    id: 'gid://shopify/Shop/954889',
    myshopifyDomain: shop,
    ianaTimezone: 'europe/berlin',
    plan: { publicDisplayName: 'Basic' },
    ...change,
  },
  currentAppInstallation: { accessScopes: scopes.map((handle) => ({ handle })) },
});
const answeredAt = new Date('2026-03-01T00:00:00Z');
const ask = (answer: unknown) => {
  const graphql: ShopClient['graphql'] = async () => {
    if (answer instanceof Error) throw answer;
    return { data: answer as Record<string, unknown>, cost: null, answeredAt };
  };
  return readProof({ shop, graphql });
};

it.each(SUPPORTED_VERSIONS)('sends a document that is valid against Shopify’s schema %s', (version) =>
  expect(validateAdminDocument(SHOP_PROOF, version)).toEqual([]),
);

it('returns what the shop reports about itself', async () =>
  expect(
    await ask(reply({ myshopifyDomain: 'A.myshopify.com' }, ['write_orders', 'read_customers'])),
  ).toEqual({
    shop,
    shopId: '954889',
    scopes: ['read_customers', 'write_orders'],
    plan: 'Basic',
    timeZone: 'Europe/Berlin',
    provenAt: answeredAt,
  }));

it.each<[string, unknown, string | undefined]>([
  ['all', { customers: { nodes: [{ defaultEmailAddress: { emailAddress: 'ada@example.com' } }] } }, 'all'],
  ['customers without emails', { customers: { nodes: [{ defaultEmailAddress: null }, null] } }, undefined],
  ['no customers', { customers: { nodes: [] } }, undefined],
  ['none without level 2', new EmailsWithheld(), 'no_email'],
  ['none without level 1', new CustomersWithheld(), 'none'],
  ['that it is unavailable', new ShopifyUnavailable('HTTP 503'), undefined],
])('is proven whatever the shop says about its customers: %s', async (_, answer, customerAccess) => {
  const graphql: ShopClient['graphql'] = async ({ document }) => {
    if (document === SHOP_PROOF) return { data: reply(), cost: null, answeredAt };
    if (answer instanceof Error) throw answer;
    return { data: answer as Record<string, unknown>, cost: null };
  };
  expect(await readProof({ shop, graphql })).toMatchObject({ shopId: '954889', customerAccess });
});

it.each([
  ['no plan', { plan: null }],
  ['a plan without a name', { plan: {} }],
  ['a name that is not text', { plan: { publicDisplayName: ['Basic'] } }],
])('accepts a shop with %s', async (_, change) =>
  expect(await ask(reply(change))).toMatchObject({ shopId: '954889', plan: undefined }),
);

it.each([null, '', '+02:00', 'Mars/Olympus', 'x'.repeat(65), ['Europe/Berlin']])(
  'accepts a shop with the time zone %j, and does not know it',
  async (ianaTimezone) =>
    expect(await ask(reply({ ianaTimezone }))).toMatchObject({ shopId: '954889', timeZone: undefined }),
);

it.each<[string, unknown, new (...args: never[]) => Error]>([
  ['a token of another shop', reply({ myshopifyDomain: 'b.myshopify.com' }), ShopUnproven],
  ['a domain that only ends with the shop’s', reply({ myshopifyDomain: `x${shop}` }), ShopUnproven],
  ['a token that may not read customers', reply({}, ['read_products', 'read_customers_data']), ShopUnproven],
  ['a token without scopes', reply({}, []), ShopUnproven],
  ['no shop', { ...reply(), shop: null }, ShopifyUnavailable],
  ['no id', reply({ id: null }), ShopifyUnavailable],
  ['an id of another type', reply({ id: 'gid://shopify/Customer/1' }), ShopifyUnavailable],
  ['an id that exceeds a bigint', reply({ id: `gid://shopify/Shop/${'9'.repeat(19)}` }), ShopifyUnavailable],
  ['an id that is not text', reply({ id: { toString: 1 } }), ShopifyUnavailable],
  ['a list with the id', reply({ id: ['gid://shopify/Shop/954889'] }), ShopifyUnavailable],
  ['a domain that is not text', reply({ myshopifyDomain: [shop] }), ShopifyUnavailable],
  ['no app', { ...reply(), currentAppInstallation: null }, ShopifyUnavailable],
  ['a token that the shop does not know', new Unauthorized(), Unauthorized],
])('does not accept %s as a proof', async (_case, answer, kind) => {
  await expect(ask(answer)).rejects.toBeInstanceOf(kind);
});
