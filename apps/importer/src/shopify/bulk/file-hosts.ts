import { ShopifyRejected } from '@core/shopify';

/**
 * Where Shopify keeps the files of bulk operations: a host by its name, or all below a domain that begins with a dot.
 * Google's is what every example in Shopify's documentation leads to; the domains are Shopify's own.
 * Source: shopify.dev/docs/api/usage/bulk-operations/queries (url and partialDataUrl).
 */
const FILE_HOSTS = ['storage.googleapis.com', '.shopify.com', '.shopifycloud.com'];

/** @throws ShopifyRejected */
export type CheckFileUrl = (url: string) => void;

/**
 * A file is fetched from inside our network, without a token: an address that somebody slipped into a reply must not
 * make us knock at a neighbour. The reply itself comes from Shopify by TLS; this is the second lock.
 */
export const onShopifysHosts: CheckFileUrl = (url) => {
  const { protocol, hostname, port, username, password } = parse(url);
  const isShopifys = FILE_HOSTS.some((host) =>
    host.startsWith('.') ? hostname.endsWith(host) : hostname === host,
  );
  if (protocol === 'https:' && isShopifys && port === '' && username === '' && password === '') return;
  throw new ShopifyRejected(
    `Shopify named a file of a bulk operation at a place that the service does not go to (${protocol}//${hostname}). ` +
      'Start the import again with the source GRAPHQL, and report the place.',
  );
};

/** For a server that plays Shopify, which has its files wherever it is. */
export const anywhere: CheckFileUrl = (url) => void parse(url);

function parse(url: string): URL {
  if (url.length <= 8_192 && URL.canParse(url)) return new URL(url);
  throw new ShopifyRejected('Shopify named a file of a bulk operation by an address that is none.');
}
