import { ShopifyRejected } from '../answers/errors.ts';

/**
 * The hosts of Shopify's bulk operation files: a host name, or a domain that begins with a dot and includes
 * all its subdomains. Every example in Shopify's documentation points to Google's host; the domains belong to
 * Shopify.
 * Source: shopify.dev/docs/api/usage/bulk-operations/queries (url and partialDataUrl).
 */
const FILE_HOSTS = ['storage.googleapis.com', '.shopify.com', '.shopifycloud.com'];

/** @throws ShopifyRejected */
export type CheckFileUrl = (url: string) => void;

/**
 * A file is fetched from inside our network, without a token: a forged address in a reply must not lead to an
 * internal host. The reply itself comes from Shopify over TLS; this check is a second line of defence.
 */
export const onShopifysHosts: CheckFileUrl = (url) => {
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

/** For a server that imitates Shopify and serves its files from any address. */
export const anywhere: CheckFileUrl = (url) => void parse(url);

function parse(url: string): URL {
  if (url.length <= 8_192 && URL.canParse(url)) return new URL(url);
  throw new ShopifyRejected('Shopify returned an invalid address of a bulk operation file.');
}
