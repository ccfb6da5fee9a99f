import { SHOP_DOMAIN } from '@core/contracts';
import {
  QueryTooExpensive,
  ShopifyRejected,
  ShopifyTimeout,
  ShopifyUnavailable,
  ShopRenamed,
  UnusableAnswer,
} from '../answers/errors.ts';
import { REDIRECTED_ELSEWHERE } from '../answers/merchant-messages.ts';
import type { HttpReply } from '../answers/replies.ts';
import { shopUrl } from './shop-url.ts';

/** The address of the Admin API. */
export interface AdminApi {
  /** Contains the placeholder {shop}, such as https://{shop}. */
  baseUrl: string;
  apiVersion: string;
  /** Timeout for a reply, including its body. */
  timeoutMs?: number;
}

/** Credentials for one request to one shop. */
export interface Access {
  shop: string;
  accessToken: string;
  signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;

/** The largest page that we request has several hundred KB. A larger reply must not be held in memory. */
export const LARGEST_REPLY = 16 * 1_048_576;

/**
 * Sends one request to a shop's Admin API.
 * @param path relative to /admin/api/{version}/
 * @throws like sendToShop
 */
export async function sendAdminRequest(
  { baseUrl, apiVersion, timeoutMs }: AdminApi,
  { shop, accessToken, signal }: Access,
  { path, json }: { path: string; json?: unknown },
): Promise<HttpReply> {
  const token = { 'x-shopify-access-token': accessToken };
  const init: RequestInit =
    json === undefined
      ? { headers: token }
      : {
          method: 'POST',
          headers: { ...token, 'content-type': 'application/json' },
          body: JSON.stringify(json),
        };
  return sendToShop({ baseUrl, timeoutMs }, shop, { path: `/admin/api/${apiVersion}/${path}`, init, signal });
}

/**
 * Sends one request to a shop. The secrets in it must not leak: shopUrl validates the shop's name, and an
 * HTTP redirect is an error, because fetch would forward the secrets. Errors contain no part of a request or
 * a reply except the new domain of a renamed shop: a request contains secrets, and a reply contains personal
 * data.
 * @throws ShopRenamed, ShopifyRejected, ShopifyTimeout, ShopifyUnavailable, or the signal's reason
 */
export async function sendToShop(
  { baseUrl, timeoutMs }: { baseUrl: string; timeoutMs?: number | undefined },
  shop: string,
  { path, init, signal }: { path: string; init: RequestInit; signal: AbortSignal },
): Promise<HttpReply> {
  const url = shopUrl(baseUrl, shop, path);
  const reply = await withTimeLimit(signal, timeoutMs, async (limited) => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: limited });
    return { status: response.status, headers: response.headers, body: await readText(response) };
  });
  if (reply.status >= 300 && reply.status < 400) throw redirected(shop, url, reply.headers.get('location'));
  return reply;
}

/**
 * Returns the error for a redirect from a shop's domain. Shopify redirects a former domain to the new one.
 * Only a target in Shopify's domain is trusted. Nothing is sent to the target until the shop there has proven
 * to be the same.
 */
function redirected(shop: string, url: string, location: string | null): Error {
  const target = URL.parse(location ?? '', url)?.hostname;
  if (target === undefined || target === shop || target === URL.parse(url)?.hostname) {
    return new UnusableAnswer('redirect', 'the redirect has no usable target');
  }
  return SHOP_DOMAIN.test(target) ? new ShopRenamed(target) : new ShopifyRejected(REDIRECTED_ELSEWHERE);
}

/**
 * Reads the text of a reply and counts its bytes while it reads. The Content-Length is not trusted: a chunked
 * reply has none, and for a compressed reply it is smaller than the text.
 * @throws QueryTooExpensive; the caller then requests a smaller page
 */
async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > LARGEST_REPLY) throw new QueryTooExpensive(`the reply has more than ${LARGEST_REPLY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Runs network work with a timeout. Reports failures by code, because fetch's messages can quote the URL. */
export async function withTimeLimit<T>(
  signal: AbortSignal,
  timeoutMs: number = TIMEOUT_MS,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = AbortSignal.timeout(timeoutMs);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) throw new ShopifyTimeout('no answer within the timeout');
    if (error instanceof ShopifyUnavailable) throw error;
    const { name, cause } = error as { name?: string; cause?: { code?: string } };
    throw new ShopifyUnavailable(`no answer: ${cause?.code ?? name ?? 'unknown'}`);
  }
}
