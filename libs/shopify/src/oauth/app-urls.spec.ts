import { ShopifyRejected } from '../answers/errors.ts';
import { appUrlOf, authorizeUrl, isHostOf } from './app-urls.ts';

const shop = 'a-shop.myshopify.com';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const NO_SHOPS = [
  'evil.example',
  `evil.example/${shop}`,
  `${shop}.evil.example`,
  `${shop}@evil.example`,
  'A.myshopify.com',
  '',
];

describe('authorizeUrl', () => {
  const options = {
    baseUrl: 'https://{shop}',
    shop,
    clientId: 'client id',
    scopes: ['read_customers', 'read_customer_merge'],
    redirectUrl: 'https://app.example.com/shopify/callback?a=1',
    state: 'a&b',
  };

  it('names the app, the scopes, the return and the state', () =>
    expect(authorizeUrl(options)).toBe(
      'https://a-shop.myshopify.com/admin/oauth/authorize?client_id=client+id&scope=read_customers%2Cread_customer_merge' +
        `&redirect_uri=${encodeURIComponent(options.redirectUrl)}&state=a%26b`,
    ));

  it('requests no scopes when the configuration of the app names them', () =>
    expect(new URL(authorizeUrl({ ...options, scopes: [] })).searchParams.has('scope')).toBe(false));

  it('leads to a stand-in at its own address', () =>
    expect(authorizeUrl({ ...options, baseUrl: 'http://localhost:4600/{shop}/' })).toMatch(
      /^http:\/\/localhost:4600\/a-shop\.myshopify\.com\/admin\/oauth\/authorize\?/,
    ));

  it.each(NO_SHOPS)('refuses the shop %j', (other) =>
    expect(() => authorizeUrl({ ...options, shop: other })).toThrow(ShopifyRejected),
  );
});

describe('isHostOf', () => {
  it.each([
    base64('admin.shopify.com/store/a-shop'),
    base64('a-shop.myshopify.com/admin'),
    Buffer.from('a-shop.myshopify.com/admin').toString('base64url'),
  ])('accepts %s', (host) => expect(isHostOf(host, shop)).toBe(true));

  it.each([
    ['another shop', base64('admin.shopify.com/store/b-shop')],
    ['another shop in the older form', base64('b-shop.myshopify.com/admin')],
    ['a longer name', base64('admin.shopify.com/store/a-shop2')],
    ['a further path', base64('admin.shopify.com/store/a-shop/apps')],
    ['a trailing slash', base64('admin.shopify.com/store/a-shop/')],
    ['another host', base64('evil.example/store/a-shop')],
    ['a subdomain', base64('admin.shopify.com.evil.example/store/a-shop')],
    ['user info', base64('evil@admin.shopify.com/store/a-shop')],
    ['a query', base64('a-shop.myshopify.com/admin?x')],
    ['a scheme', base64('https://a-shop.myshopify.com/admin')],
    ['a line break', base64('a-shop.myshopify.com/admin\n')],
    ['upper case', base64('A-Shop.myshopify.com/admin')],
    ['the domain alone', base64(shop)],
    ['text that is not encoded', `${shop}/admin`],
    ['other characters in base64', ` ${base64('a-shop.myshopify.com/admin')}`],
    ['an empty text', ''],
    ['a long text', base64('a-shop.myshopify.com/admin'.repeat(10_000))],
  ])('does not accept %s', (_what, host) => expect(isHostOf(host, shop)).toBe(false));

  it('belongs to no invalid shop', () =>
    expect(isHostOf(base64('evil.example/admin'), 'evil.example')).toBe(false));
});

describe('appUrlOf', () => {
  const ours = 'https://admin.shopify.com/store/a-shop/apps/client%20id';

  it.each([
    [undefined, ours],
    [base64('admin.shopify.com/store/a-shop'), ours],
    [base64('a-shop.myshopify.com/admin'), 'https://a-shop.myshopify.com/admin/apps/client%20id'],
    [base64('b-shop.myshopify.com/admin'), ours],
    [base64('evil.example'), ours],
    ['', ours],
  ])('leads the host %j to %s', (host, url) =>
    expect(appUrlOf({ shop, host, clientId: 'client id' })).toBe(url),
  );

  it.each(NO_SHOPS)('refuses the shop %j', (other) =>
    expect(() => appUrlOf({ shop: other, clientId: 'a' })).toThrow(ShopifyRejected),
  );
});
