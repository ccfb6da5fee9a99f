import { SUPPORTED_VERSIONS, validateAdminDocument } from '@core/testing';
import { importerEnv } from '../config.ts';
import type { ShopifyReply, ShopifyRequest } from './client.ts';
import { ShopifyRejected, ShopifyUnavailable } from './errors.ts';
import { createFetchPage, CUSTOMER_PAGE, toImported, type CustomerNode } from './graphql-pages.ts';

const node: CustomerNode = {
  id: 'gid://shopify/Customer/7',
  defaultEmailAddress: { emailAddress: 'Ada@example.com' },
  numberOfOrders: '12',
  amountSpent: { amount: '120.30', currencyCode: 'EUR' },
  tags: ['vip'],
  state: 'ENABLED',
  locale: 'en',
  createdAt: '2026-01-02T03:04:05Z',
  updatedAt: '2026-02-03T04:05:06Z',
};

describe('CUSTOMER_PAGE', () => {
  it.each(SUPPORTED_VERSIONS)('is valid against Shopify’s schema %s', (version) => {
    expect(validateAdminDocument(CUSTOMER_PAGE, version)).toEqual([]);
  });

  it('would be found out if it were not', () => {
    expect(validateAdminDocument(CUSTOMER_PAGE.replace('locale', 'locales'), '2026-10')).not.toEqual([]);
  });

  it('is sent to a version that is checked here', () => {
    expect(SUPPORTED_VERSIONS).toContain(importerEnv.SHOPIFY_API_VERSION.parse(undefined));
  });
});

describe('toImported', () => {
  it('keeps what is no PII beside the email', () => {
    expect(toImported(node)).toEqual({
      externalId: 'gid://shopify/Customer/7',
      email: 'Ada@example.com',
      metadata: {
        number_of_orders: 12,
        amount_spent: { amount: '120.30', currency: 'EUR' },
        tags: ['vip'],
        state: 'ENABLED',
        locale: 'en',
        created_at: '2026-01-02T03:04:05Z',
      },
      sourceUpdatedAt: new Date('2026-02-03T04:05:06Z'),
    });
  });

  it('takes customers without an email', () => {
    expect(toImported({ ...node, defaultEmailAddress: null }).email).toBeNull();
  });
});

describe('createFetchPage', () => {
  const query = {
    shop: 'example.myshopify.com',
    accessToken: 't',
    cursor: 'here',
    range: '',
    withCount: true,
    signal: new AbortController().signal,
  };
  const fetchWith = (data: object, sent: ShopifyRequest[] = []) =>
    createFetchPage((request) => {
      sent.push(request);
      return Promise.resolve({ data, cost: null } as ShopifyReply);
    });
  const page = (pageInfo: object) => ({ customers: { nodes: [node], pageInfo } });

  it('hands on the cursor as it was given, and no empty search', async () => {
    const sent: ShopifyRequest[] = [];
    const info = { hasNextPage: true, endCursor: 'there' };
    const fetched = await fetchWith({ ...page(info), customersCount: { count: 9 } }, sent)(query);
    expect(fetched).toMatchObject({ next: 'there', expected: 9, customers: [{ externalId: node.id }] });
    expect(sent[0]?.variables).toEqual({ first: 250, after: 'here', query: null, withCount: true });
  });

  it('ends where there is no next page', async () => {
    const fetched = await fetchWith(page({ hasNextPage: false, endCursor: 'there' }))(query);
    expect(fetched).toMatchObject({ next: null, expected: null });
  });

  it.each([
    ['a cursor that does not move', page({ hasNextPage: true, endCursor: 'here' }), ShopifyRejected],
    ['no cursor', page({ hasNextPage: true, endCursor: null }), ShopifyRejected],
    ['no customers', {}, ShopifyUnavailable],
  ])('refuses %s', async (_case, data, kind) => {
    await expect(fetchWith(data)(query)).rejects.toThrow(kind);
  });
});
