import { ShopifyRejected } from '../answers/errors.ts';
import { allowAnyHost, allowShopifyHosts } from './file-hosts.ts';

it.each([
  'https://storage.googleapis.com/shopify/dyfkl3g72empyyoenvmtidlm9o4g?Expires=1',
  'https://storage.googleapis.com/shopify-tiers-assets-prod-us-east1/bulk-operation-outputs/x.jsonl?X-Goog-Signature=ab',
  'https://storage.googleapis.com:443/shopify/x',
  'https://cdn.shopify.com/x',
  'https://files.shopifycloud.com/x',
])('allows a file at %s', (url) => expect(() => allowShopifyHosts(url)).not.toThrow());

it.each([
  'http://storage.googleapis.com/shopify/x',
  'https://storage.googleapis.com:8443/shopify/x',
  'https://storage.googleapis.com.example.com/x',
  'https://storage.googleapis.com@example.com/x',
  'https://user:pw@storage.googleapis.com/x',
  'https://evilshopify.com/x',
  'https://shopify.com.example.com/x',
  'https://169.254.169.254/latest/meta-data',
  'https://127.0.0.1/x',
  'https://[::1]/x',
  'https://localhost/x',
  'https://postgres.internal/x',
  'file:///etc/passwd',
  'data:text/plain,{}',
  'storage.googleapis.com/x',
  '',
  `https://storage.googleapis.com/${'x'.repeat(8_200)}`,
])('refuses a file at %.60s', (url) => {
  expect(() => allowShopifyHosts(url)).toThrow(ShopifyRejected);
  // The URL is signed: anyone who has it can read the file.
  try {
    allowShopifyHosts(`${url}?Signature=secret`);
  } catch (error) {
    expect((error as Error).message).not.toContain('secret');
  }
});

it('allows a stand-in for Shopify to serve files from any address', () => {
  expect(() => allowAnyHost('http://127.0.0.1:8081/_bulk/x')).not.toThrow();
  expect(() => allowAnyHost('no address')).toThrow(ShopifyRejected);
});
