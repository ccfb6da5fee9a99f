import { timestampFromDate } from '@bufbuild/protobuf/wkt';
import { ShopStatus } from '@core/contracts';
import type { MerchantShop } from '@core/domain';
import { aMerchantId } from '@core/testing';
import { presentShop } from './shop.ts';

const merchantId = aMerchantId();
const at = new Date('2026-03-01T00:00:00Z');
const shop: MerchantShop = {
  shop: 'a.myshopify.com',
  shopId: '7',
  generation: 2,
  connected: true,
  endedAt: null,
  endReason: null,
  provenAt: at,
  scopes: ['read_customer_merge', 'read_customers'],
  plan: 'Basic',
  timeZone: 'Europe/Berlin',
  webhookProblems: null,
  customerAccess: 'all',
  refusedAt: null,
  segmentSync: null,
};

it.each<[string, Partial<MerchantShop>, ShopStatus]>([
  ['a proven connection', {}, ShopStatus.CONNECTED],
  ['an unproven connection', { shopId: null }, ShopStatus.UNPROVEN],
  ['an uninstalled app', { connected: false, endReason: 'uninstalled', endedAt: at }, ShopStatus.UNINSTALLED],
  ['a disconnected shop', { connected: false, endReason: 'disconnected' }, ShopStatus.DISCONNECTED],
  // A build without installations connected it again and left the end in the directory.
  ['a connection beside an earlier end', { endReason: 'uninstalled', endedAt: at }, ShopStatus.CONNECTED],
])('shows %s', (_, change, status) =>
  expect(presentShop(merchantId, { ...shop, ...change })).toMatchObject({ status, installation: 2 }),
);

it.each<[string, string[] | null, string[]]>([
  ['has all scopes', ['read_customer_merge', 'read_customers'], []],
  ['has a write scope, which includes the read scope', ['read_customer_merge', 'write_customers'], []],
  ['lacks merges', ['read_customers'], ['read_customer_merge']],
  ['lacks all', [], ['read_customers', 'read_customer_merge']],
  ['does not know its scopes', null, []],
])('names the missing scopes of a shop that %s, and what they cost', (_, scopes, missing) => {
  const { missingScopes, notes } = presentShop(merchantId, { ...shop, scopes });
  expect(missingScopes).toEqual(missing);
  expect(notes).toHaveLength(missing.length);
});

it('leads to the page that grants scopes while one is missing', () => {
  const app = { grantUrlOf: (of: string) => `https://${of}/grant` };
  const urlOf = (change: Partial<MerchantShop>) =>
    presentShop(merchantId, { ...shop, ...change }, app).grantScopesUrl;
  expect(urlOf({})).toBe('https://a.myshopify.com/grant');
  for (const change of [
    { scopes: ['read_customer_merge', 'write_customers'] },
    { scopes: null },
    { connected: false },
  ]) {
    expect(urlOf(change)).toBe('');
  }
  expect(presentShop(merchantId, shop).grantScopesUrl).toBe('');
});

it('says nothing about the scopes of a shop that has left', () =>
  expect(presentShop(merchantId, { ...shop, connected: false, scopes: [] })).toMatchObject({
    missingScopes: [],
    notes: [],
  }));

it('tells the merchant to open the app once Shopify refuses its access', () => {
  const refused = { ...shop, refusedAt: at };
  expect(presentShop(merchantId, refused).notes).toEqual([
    expect.stringMatching(/no longer accepts .*Open the app in Shopify to connect the shop again\./),
  ]);
  expect(presentShop(merchantId, refused).accessRefusedAt).toEqual(timestampFromDate(at));
  const left = presentShop(merchantId, { ...refused, connected: false });
  expect([left.notes, left.accessRefusedAt]).toEqual([[], undefined]);
});

it('tells the merchant which topics do not arrive, why, and what follows', () => {
  const webhookProblems = [
    'not_approved customers/create',
    'refused app/uninstalled',
    'not_approved customers/update',
  ];
  const { notes } = presentShop(merchantId, { ...shop, webhookProblems });
  expect(notes).toEqual([
    expect.stringMatching(/only with the next import: customers\/create, customers\/update\. .*not approved/),
    expect.stringMatching(/only with the next import: app\/uninstalled\. .*report it to support/),
  ]);
  expect(presentShop(merchantId, { ...shop, webhookProblems, connected: false }).notes).toEqual([]);
});

describe('segments in the shop', () => {
  const segmentSync = {
    enabled: true,
    isSettling: false,
    written: 3,
    refused: 1,
    completedAt: at,
    lastError: 'an obstacle',
  };

  it('are off by default', () =>
    expect(presentShop(merchantId, shop).segmentSync).toMatchObject({ enabled: false, lastError: '' }));

  it('are shown with their counts and the obstacle', () =>
    expect(presentShop(merchantId, { ...shop, segmentSync }).segmentSync).toMatchObject({
      enabled: true,
      written: 3n,
      refused: 1n,
      lastError: 'an obstacle',
    }));

  it('need a scope, which is missed while they are on', () => {
    const { missingScopes, notes } = presentShop(merchantId, { ...shop, segmentSync });
    expect(missingScopes).toEqual(['write_customers']);
    expect(notes).toEqual([expect.stringContaining('accept this permission')]);
  });

  it('need no scope once they are off', () =>
    expect(
      presentShop(merchantId, { ...shop, segmentSync: { ...segmentSync, enabled: false } }).missingScopes,
    ).toEqual([]));

  it('are told to wait for a removal that the shop has not completed', () => {
    const settling = { ...segmentSync, isSettling: true };
    expect(presentShop(merchantId, { ...shop, segmentSync: settling }).notes).toContainEqual(
      expect.stringContaining('written again about ten minutes after'),
    );
  });
});
