import { isGuestId, isOtherShopifyId } from './shopify-gid.ts';

const GID = 'gid://shopify/Customer/7100123';
const base64 = (text: string) => Buffer.from(text).toString('base64');

it.each([
  ['gid://shopify/Order/7', true],
  ['GID://Shopify/order/7?x=y', true],
  ['gid://shopify/Customer/0', false],
  ['gid://shopify/Customer/7100123/orders', true],
  [base64('gid://shopify/Order/7'), true],
  [encodeURIComponent('gid://shopify/Order/7'), true],
  ['https://admin.shopify.com/store/x/orders/7', true],
  ['https://x.myshopify.com/admin/orders/7', true],
  [GID, false],
  [base64(GID), false],
  ['https://admin.shopify.com/store/x/customers/7', false],
  ['https://x.myshopify.com/products/7', false],
  ['https://crm.example.com/customers/7', false],
  ['gid://example/Order/7', false],
  ['7', false],
  ['0', false],
  ['crm-7', false],
  ['', false],
])('recognizes whether %j is a Shopify id of something other than a customer: %j', (given, expected) =>
  expect(isOtherShopifyId(given)).toBe(expected),
);

const GUEST = 'gid://shopify/Customer/0';
it.each([
  ...['0', ' 0 ', '00', '-0', '+0', '0.0', '0.', '0e5'],
  ...[GUEST, `${GUEST}00`, `${GUEST}?x=y`, GUEST.toUpperCase(), base64(GUEST), encodeURIComponent(GUEST)],
  'https://admin.shopify.com/store/x/customers/0',
])('recognizes %j as the id of a guest', (given) => expect(isGuestId(given)).toBe(true));

it.each(['', ' ', '7', '0007', '10', '0x0', 'crm-0', GID, 'gid://shopify/Order/0', '0'.repeat(2_000)])(
  'does not recognize %j as the id of a guest',
  (given) => expect(isGuestId(given)).toBe(false),
);
