import { isShopifyItself } from './env.ts';
import { anywhere, onShopifysHosts, type CheckFileUrl } from './file-hosts.ts';
import type { FileRange, FileReply } from './shop-client.ts';
import { withTimeLimit, type AdminApi } from './transport.ts';

/**
 * Requests a range of a file, and ends the connection's part in it when it was read. No token goes there: the URL leads to
 * storage, which is not Shopify's Admin API.
 * @param check judges the URL before anything is sent
 * @throws ShopifyRejected, ShopifyTimeout, ShopifyUnavailable, what `read` throws, or the signal's reason
 */
export function createFetchFile(
  { baseUrl, timeoutMs }: Pick<AdminApi, 'baseUrl' | 'timeoutMs'>,
  check: CheckFileUrl = isShopifyItself(baseUrl) ? onShopifysHosts : anywhere,
) {
  return async <T>(
    { url, from, size }: FileRange,
    signal: AbortSignal,
    read: (reply: FileReply) => Promise<T>,
  ): Promise<T> => {
    check(url);
    const leaving = new AbortController();
    return withTimeLimit(signal, timeoutMs, async (limited) => {
      const reply = await fetch(url, {
        // Bytes are counted as they lie there: compressed on the way they would be others.
        headers: { range: `bytes=${from}-${from + size - 1}`, 'accept-encoding': 'identity' },
        // Never followed: it could lead into our network.
        redirect: 'manual',
        signal: AbortSignal.any([limited, leaving.signal]),
      });
      return read(reply);
    }).finally(() => leaving.abort());
  };
}
