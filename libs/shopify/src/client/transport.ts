import { SHOP_DOMAIN } from '@core/contracts';
import {
  QueryTooExpensive,
  ShopifyRejected,
  ShopifyTimeout,
  ShopifyUnavailable,
  ShopRenamed,
  UnusableAnswer,
} from '../answers/errors.ts';
import { LEADS_ELSEWHERE } from '../answers/merchant-messages.ts';
import type { HttpReply } from '../answers/replies.ts';

/** The address of the Admin API. */
export interface AdminApi {
  /** It contains {shop}, such as https://{shop}. */
  baseUrl: string;
  apiVersion: string;
  /** The timeout for an answer, including its body. */
  timeoutMs?: number;
}

/** The shop of a request, and its access token. */
export interface Access {
  shop: string;
  accessToken: string;
  signal: AbortSignal;
}

const TIMEOUT_MS = 15_000;

/** The largest page that we request has some hundred KB; a larger reply must not take memory. */
export const LARGEST_REPLY = 16 * 1_048_576;

/**
 * One request to a shop's Admin API.
 * @param path below /admin/api/{version}/
 * @throws like sendToShop
 */
export async function askAdminApi(
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
 * Sends one request to a shop. Its secrets must not leak: the shop's name is validated here, the last place
 * before they are sent (`evil.example/x.myshopify.com` must not redirect them), and a redirect is an error,
 * because fetch would send them along. Errors contain nothing of a request or a reply but the new domain of a shop: a
 * request has secrets, and a reply has personal data.
 * @throws ShopRenamed, ShopifyRejected, ShopifyTimeout, ShopifyUnavailable, or the signal's reason
 */
export async function sendToShop(
  { baseUrl, timeoutMs }: { baseUrl: string; timeoutMs?: number | undefined },
  shop: string,
  { path, init, signal }: { path: string; init: RequestInit; signal: AbortSignal },
): Promise<HttpReply> {
  if (!SHOP_DOMAIN.test(shop)) throw new ShopifyRejected('The shop is no *.myshopify.com');
  const base = baseUrl.replaceAll('{shop}', shop).replace(/\/$/, '');
  const url = `${base}${path}`;
  const reply = await withTimeLimit(signal, timeoutMs, async (limited) => {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: limited });
    return { status: response.status, headers: response.headers, body: await readText(response) };
  });
  if (reply.status >= 300 && reply.status < 400) throw redirected(shop, url, reply.headers.get('location'));
  return reply;
}

/**
 * Why a shop's domain leads elsewhere. Shopify answers a former domain with a redirect to the new one: only a domain of
 * Shopify's is believed, and nothing is sent there until the shop at it has proven to be the same.
 */
function redirected(shop: string, url: string, location: string | null): Error {
  const target = URL.parse(location ?? '', url)?.hostname;
  if (target === undefined || target === shop || target === URL.parse(url)?.hostname) {
    return new UnusableAnswer('redirect', 'a redirect that leads nowhere');
  }
  return SHOP_DOMAIN.test(target) ? new ShopRenamed(target) : new ShopifyRejected(LEADS_ELSEWHERE);
}

/**
 * The text of a reply, counted while it is read. The Content-Length is not trusted: a chunked reply has none,
 * and the length of a compressed one is smaller.
 * @throws QueryTooExpensive, after which the caller requests a smaller page
 */
async function readText({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    // Leaving the loop closes the connection.
    if (bytes > LARGEST_REPLY) throw new QueryTooExpensive(`a reply of more than ${LARGEST_REPLY} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Runs network work and reports a failure by its code, because messages of fetch can quote the URL. */
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
    if (limit.aborted) throw new ShopifyTimeout('no answer in time');
    if (error instanceof ShopifyUnavailable) throw error;
    const { name, cause } = error as { name?: string; cause?: { code?: string } };
    throw new ShopifyUnavailable(`no answer: ${cause?.code ?? name ?? 'unknown'}`);
  }
}
