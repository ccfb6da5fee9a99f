import { shopifyCustomerOf } from './shopify-customer.ts';

const GID = 'gid://shopify/Customer/7012';
const shops = (...names: string[]) => names.map((shop) => ({ shop }));

it('leads to the customer in the admin of the only shop', () =>
  expect(shopifyCustomerOf(GID, shops('bright-candles.myshopify.com'))).toEqual({
    number: '7012',
    url: 'https://bright-candles.myshopify.com/admin/customers/7012',
  }));

it.each([
  ['no shop', []],
  ['two shops', shops('a.myshopify.com', 'b.myshopify.com')],
  ['a shop elsewhere', shops('a.example.com')],
  ['a shop with a path', shops('a.example.com/.myshopify.com')],
  ['a script', shops('javascript:alert(1)//.myshopify.com')],
])('leads nowhere with %s', (_, of) =>
  expect(shopifyCustomerOf(GID, of)).toEqual({ number: '7012', url: undefined }),
);

it.each([
  undefined,
  '',
  '7012',
  'crm-7012',
  'gid://shopify/Order/7012',
  'gid://shopify/Customer/7/../../x',
  'gid://shopify/Customer/7\n',
])('knows no customer of Shopify by %j', (externalId) =>
  expect(shopifyCustomerOf(externalId, shops('a.myshopify.com'))).toBeUndefined(),
);
