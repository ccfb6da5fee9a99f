// tag: compliance
import { earlierExternalIds, externalIdOf } from './external-id.ts';

const GID = 'gid://shopify/Customer/7100123';
const base64 = (text: string) => Buffer.from(text).toString('base64');

it.each([
  GID,
  '7100123',
  ' 7100123 ',
  '\t7100123\n',
  '\u00a07100123\ufeff',
  ` ${GID}\n`,
  `${GID}?x=y`,
  `${GID}?key=a/b&c=%20`,
  `${GID}/?x=y`,
  `${GID}#top`,
  `${GID}/`,
  'GID://Shopify/customer/7100123',
  'gid://shopify/Customer/0007100123',
  base64(GID),
  base64(GID).replaceAll('=', ''),
  base64(`${GID}?x=y`),
  encodeURIComponent(GID),
  encodeURIComponent(base64(GID)),
  'gid%3a//shopify/Customer/7100123',
  'https://admin.shopify.com/store/x/customers/7100123',
  'HTTPS://admin.shopify.com/store/x-1/customers/7100123/?tab=orders#top',
  'https://x.myshopify.com/admin/customers/7100123',
])('converts %j to the gid', (given) => expect(externalIdOf(given)).toBe(GID));

it.each([
  'crm-7100123',
  'crm-7?x=y',
  'C 7',
  '0007100123',
  '0',
  '+7100123',
  '7100123.0',
  '7,100,123',
  '1234567890123456789',
  'gid://shopify/Order/7100123',
  'gid://shopify/Customer/',
  'gid://shopify/Customer/0',
  'gid://shopify/Customer/7100123/orders',
  'gid://shopify/Customer/7100123x',
  'gid://example/Customer/7100123',
  'https://crm.example.com/customers/7100123?x=y',
  'https://admin.shopify.com.example.com/store/x/customers/7100123',
  'https://admin.shopify.com/store/x/orders/7100123',
  'https://admin.shopify.com/store/x/customers/7100123/edit',
  'Zoë 100%',
  'Z2lkOi8vabc',
  base64('gid://shopify/Order/7'),
  'ada@example.com',
])('keeps %j, an id of another system, unchanged', (given) => {
  expect(externalIdOf(given)).toBe(given);
  expect(externalIdOf(` ${given}\n`)).toBe(given);
});

it('is idempotent, and keeps an empty id empty', () => {
  for (const given of ['7', `${GID}?x=y`, ' crm-7 ']) {
    expect(externalIdOf(externalIdOf(given))).toBe(externalIdOf(given));
  }
  expect(externalIdOf(' ')).toBe('');
});

it('returns a string that is longer than any id unchanged', () => {
  const long = `${GID}?${'x'.repeat(1_000)}`;
  expect(externalIdOf(long)).toBe(long);
});

it('returns the bare number as the earlier form of a Shopify id, and none for another id', () => {
  expect(earlierExternalIds(externalIdOf(GID))).toEqual(['7100123']);
  expect(earlierExternalIds(externalIdOf('crm-7'))).toEqual([]);
});
