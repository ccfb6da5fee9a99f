import { ShopifyRejected } from '../answers/errors.ts';

/**
 * The hosts of Shopify's bulk operation files. An entry is a host name, or a domain with a leading dot that
 * includes all its subdomains. Every example in Shopify's documentation points to Google's host. The domains
 * belong to Shopify.
 * Source: shopify.dev/docs/api/usage/bulk-operations/queries (url and partialDataUrl).
 */
const FILE_HOSTS = ['storage.googleapis.com', '.shopify.com', '.shopifycloud.com'];

/** @throws ShopifyRejected */
export type CheckFileUrl = (url: string) => void;

/**
 * Allows only Shopify's file hosts. A file is fetched from inside our network, without a token, so a forged
 * address in a reply must not lead to an internal host. The reply itself comes from Shopify over TLS; this
 * check is a second line of defense.
 */
export const allowShopifyHosts: CheckFileUrl = (url) => {
  const { protocol, hostname, port, username, password } = parse(url);
  const isShopifys = FILE_HOSTS.some((host) =>
    host.startsWith('.') ? hostname.endsWith(host) : hostname === host,
  );
  if (protocol === 'https:' && isShopifys && port === '' && username === '' && password === '') return;
  throw new ShopifyRejected(
    `Shopify returned a bulk operation file at a host that is not allowed (${protocol}//${hostname}). ` +
      'Start the import again with the source GRAPHQL, and report the host.',
  );
};

/** Allows any host, for a server that imitates Shopify and serves its files from any address. */
export const allowAnyHost: CheckFileUrl = (url) => void parse(url);

function parse(url: string): URL {
  if (url.length <= 8_192 && URL.canParse(url)) return new URL(url);
  throw new ShopifyRejected(
    'Shopify returned an invalid address for a bulk operation file. Start the import again with the source GRAPHQL, and report this to support.',
  );
}
