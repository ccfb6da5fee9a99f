import { customerGid, shopifyId } from './shopify-id.ts';

it.each<[unknown, string | null]>([
  [7100123, '7100123'],
  ['7100123', '7100123'],
  [' 007100123 ', '7100123'],
  ['999999999999999999', '999999999999999999'],
  [Number.MAX_SAFE_INTEGER, '9007199254740991'],
  [2 ** 53, null],
  [0, null],
  ['0', null],
  [-7, null],
  [7.5, null],
  ['7.0', null],
  ['1e3', null],
  ['9'.repeat(19), null],
  ['0'.repeat(200) + '7', null],
  ['', null],
  [null, null],
  [undefined, null],
  [true, null],
  [[7], null],
])('reads %j as the number %j', (value, number) => expect(shopifyId(value)).toBe(number));

it.each<[unknown, string | null]>([
  ['gid://shopify/Customer/7', 'gid://shopify/Customer/7'],
  [7, 'gid://shopify/Customer/7'],
  [' 7', 'gid://shopify/Customer/7'],
  ['gid://shopify/customer/007?key=x', 'gid://shopify/Customer/7'],
  ['https://admin.shopify.com/store/x/customers/7', 'gid://shopify/Customer/7'],
  ['gid://shopify/Order/7', null],
  ['gid://shopify/Customer/', null],
  ['x'.repeat(300), null],
  [{ id: 7 }, null],
  [null, null],
])('reads %j as the customer %j', (value, gid) => expect(customerGid(value)).toBe(gid));
