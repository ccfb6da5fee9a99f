import { isShopifyItself } from './env.ts';
import { allowAnyHost, allowShopifyHosts, type CheckFileUrl } from './file-hosts.ts';
import type { FileRange, FileReply } from './shop-client.ts';
import { withTimeLimit, type AdminApi } from './transport.ts';

/**
 * Creates a function that requests a range of a file and closes the response after `read`. It sends no token:
 * the URL points to a storage service, not to Shopify's Admin API.
 * @param check validates the URL before the request is sent
 * @throws ShopifyRejected, ShopifyTimeout, ShopifyUnavailable, the errors of `read`, or the signal's reason
 */
export function createFetchFile(
  { baseUrl, timeoutMs }: Pick<AdminApi, 'baseUrl' | 'timeoutMs'>,
  check: CheckFileUrl = isShopifyItself(baseUrl) ? allowShopifyHosts : allowAnyHost,
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
        // Offsets refer to the stored bytes. Compression in transit would change them.
        headers: { range: `bytes=${from}-${from + size - 1}`, 'accept-encoding': 'identity' },
        // A redirect is never followed: it could lead into our network.
        redirect: 'manual',
        signal: AbortSignal.any([limited, leaving.signal]),
      });
      return read(reply);
    }).finally(() => leaving.abort());
  };
}
