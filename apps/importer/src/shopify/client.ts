import { SHOP_DOMAIN } from '@core/domain';
import { ShopifyRejected, ShopifyUnavailable, Throttled, Unauthorized, type QueryCost } from './errors.ts';
import { parseRetryAfter } from './retry-after.ts';

export interface ShopifyRequest {
  shop: string;
  accessToken: string;
  document: string;
  variables: Record<string, unknown>;
  signal: AbortSignal;
}

export interface ShopifyReply {
  data: Record<string, unknown>;
  cost: QueryCost | null;
}

/** @throws Throttled, ShopifyUnavailable, Unauthorized, ShopifyRejected, or the signal's reason */
export type ShopifyClient = (request: ShopifyRequest) => Promise<ShopifyReply>;

const TIMEOUT_MS = 15_000;

/**
 * The Admin API by GraphQL. Nothing of a request or a reply goes into its errors: the one carries the token,
 * the other persons.
 * @param baseUrl with {shop} in it, such as https://{shop}
 */
export function createShopifyClient({
  baseUrl,
  apiVersion,
}: {
  baseUrl: string;
  apiVersion: string;
}): ShopifyClient {
  return async ({ shop, accessToken, document, variables, signal }) => {
    // The last check before a token leaves: a name such as `evil.example/x.myshopify.com` must not steer it.
    if (!SHOP_DOMAIN.test(shop)) throw new ShopifyRejected('The shop is no *.myshopify.com');
    const base = baseUrl.replaceAll('{shop}', shop).replace(/\/$/, '');
    const reply = await send(
      `${base}/admin/api/${apiVersion}/graphql.json`,
      {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-shopify-access-token': accessToken },
        body: JSON.stringify({ query: document, variables }),
        // fetch would take the token along to wherever a redirect points.
        redirect: 'error',
      },
      signal,
    );
    return classify(reply, Date.now());
  };
}

export interface HttpReply {
  status: number;
  retryAfter: string | null;
  body: string;
}

async function send(url: string, init: RequestInit, signal: AbortSignal): Promise<HttpReply> {
  try {
    const limit = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { ...init, signal: AbortSignal.any([signal, limit]) });
    const retryAfter = response.headers.get('retry-after');
    return { status: response.status, retryAfter, body: await response.text() };
  } catch (error) {
    signal.throwIfAborted();
    throw new ShopifyUnavailable(`no answer: ${reasonOf(error)}`);
  }
}

/** Codes such as ECONNREFUSED say enough; messages of fetch can quote the URL. */
const reasonOf = (error: unknown): string => {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  return cause?.code ?? name ?? 'unknown';
};

/** What a reply means. @throws as ShopifyClient */
export function classify({ status, retryAfter, body }: HttpReply, now: number): ShopifyReply {
  if (status === 401) throw new Unauthorized();
  if (status === 429 || status >= 500) {
    throw new ShopifyUnavailable(`HTTP ${status}`, parseRetryAfter(retryAfter, now));
  }
  if (status !== 200)
    throw new ShopifyRejected(REJECTED_STATUS[status] ?? `Shopify answered HTTP ${status}.`);
  const reply = parse(body);
  const cost = costOf(reply.extensions);
  const errors = Array.isArray(reply.errors) ? reply.errors : [];
  if (errors.length > 0) throw graphqlError(errors as GraphqlError[], cost);
  if (!reply.data) throw new ShopifyUnavailable('a reply without data');
  return { data: reply.data, cost };
}

interface GraphqlError {
  message?: string;
  extensions?: { code?: string };
}

interface Body {
  data?: Record<string, unknown> | null;
  errors?: unknown;
  extensions?: unknown;
}

const REJECTED_STATUS: Record<number, string> = {
  402: 'Shopify has frozen the shop until its bill is paid.',
  403: 'Shopify does not let this app into the shop. Check the access that was granted, then resume the import.',
  404: 'Shopify knows no such shop, or not this version of its API.',
  423: 'Shopify has locked the shop.',
};

const BY_CODE: Record<string, string> = {
  ACCESS_DENIED:
    'Shopify does not let this app read customers. Request access to protected customer data (email) in the ' +
    "app's settings, then resume the import.",
  SHOP_INACTIVE: 'Shopify says that the shop is not active.',
};

function graphqlError(errors: GraphqlError[], cost: QueryCost | null): Error {
  const codes = errors.map((error) => error.extensions?.code ?? '');
  if (codes.includes('THROTTLED')) return cost ? new Throttled(cost) : new ShopifyUnavailable('THROTTLED');
  if (codes.some((code) => ['INTERNAL_SERVER_ERROR', 'TIMEOUT'].includes(code))) {
    return new ShopifyUnavailable('an internal error of Shopify');
  }
  const known = codes.map((code) => BY_CODE[code]).find(Boolean);
  if (known) return new ShopifyRejected(known);
  if (errors.some((error) => /cursor/i.test(error.message ?? ''))) {
    return new ShopifyRejected(
      'Shopify no longer accepts the place where this import stopped. Start a new import: what is imported ' +
        'already is not written again.',
    );
  }
  return new ShopifyRejected(`Shopify rejected the request (${codes.find(Boolean) ?? 'no code'}).`);
}

function parse(body: string): Body {
  try {
    const value: unknown = JSON.parse(body);
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // Cut short on the way, or a page of a proxy.
  }
  throw new ShopifyUnavailable('a reply that is no JSON object');
}

function costOf(extensions: unknown): QueryCost | null {
  const { cost } = (extensions ?? {}) as {
    cost?: { requestedQueryCost?: number; throttleStatus?: Record<string, number> };
  };
  const { currentlyAvailable, maximumAvailable, restoreRate } = cost?.throttleStatus ?? {};
  const requested = cost?.requestedQueryCost;
  if (!isCount(requested) || !isCount(currentlyAvailable) || !isCount(maximumAvailable)) return null;
  if (!isCount(restoreRate) || restoreRate === 0) return null;
  return { requested, available: currentlyAvailable, maximum: maximumAvailable, restoreRate };
}

const isCount = (value: unknown): value is number => Number.isFinite(value) && Number(value) >= 0;
