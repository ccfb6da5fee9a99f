import {
  CursorLost,
  QueryTooExpensive,
  ShopifyRejected,
  ShopifyTimeout,
  ShopifyUnavailable,
  Throttled,
  type QueryCost,
} from './errors.ts';
import { DENIED_DATA, DENIED_EMAIL, DENIED_SCOPE, INACTIVE } from './merchant-messages.ts';
import { UNSAID_WAIT_MS } from './retry-after.ts';
import {
  askAdminApi,
  assertAnswered,
  parseObject,
  type Access,
  type AdminApi,
  type HttpReply,
} from './transport.ts';

export interface ShopifyRequest extends Access {
  document: string;
  variables: Record<string, unknown>;
}

export interface ShopifyReply {
  data: Record<string, unknown>;
  cost: QueryCost | null;
}

/**
 * The GraphQL Admin API. It is a function, so that a caller that sends more than one request can rate limit
 * each of them.
 * @throws Throttled, QueryTooExpensive, ShopifyTimeout, ShopifyUnavailable, Unauthorized, CursorLost,
 *   ShopifyRejected, or the signal's reason
 */
export type ShopifyClient = (request: ShopifyRequest) => Promise<ShopifyReply>;

export const createShopifyClient =
  (api: AdminApi): ShopifyClient =>
  async ({ document, variables, ...access }) => {
    const json = { query: document, variables };
    return readGraphql(await askAdminApi(api, access, { path: 'graphql.json', json }), Date.now());
  };

/** The meaning of a reply. @throws like ShopifyClient */
export function readGraphql(reply: HttpReply, now: number): ShopifyReply {
  assertAnswered(reply, now);
  const { data, errors, extensions } = parseObject(reply.body);
  const cost = costOf(extensions);
  if (Array.isArray(errors) && errors.length > 0) throw errorOf(errors as GraphqlError[], cost);
  if (!data) throw new ShopifyUnavailable('a reply without data');
  return { data: data as Record<string, unknown>, cost };
}

interface GraphqlError {
  message?: string;
  path?: unknown[];
  extensions?: { code?: string };
}

/** Errors come with HTTP 200. Source: shopify.dev/docs/api/admin-graphql (status and error codes). */
function errorOf(errors: GraphqlError[], cost: QueryCost | null): Error {
  const codes = errors.map((error) => error.extensions?.code ?? '');
  if (codes.includes('THROTTLED')) {
    return cost ? new Throttled(cost) : new ShopifyUnavailable('THROTTLED', UNSAID_WAIT_MS);
  }
  if (codes.includes('MAX_COST_EXCEEDED')) return new QueryTooExpensive('MAX_COST_EXCEEDED');
  if (codes.includes('TIMEOUT')) return new ShopifyTimeout('TIMEOUT');
  if (codes.includes('INTERNAL_SERVER_ERROR')) return new ShopifyUnavailable('INTERNAL_SERVER_ERROR');
  if (codes.includes('SHOP_INACTIVE')) return new ShopifyRejected(INACTIVE);
  const denied = errors.filter(({ extensions }) => extensions?.code === 'ACCESS_DENIED');
  if (denied.length > 0) return new ShopifyRejected(approvalFor(denied));
  if (errors.some(({ message }) => /cursor/i.test(message ?? ''))) return new CursorLost('an invalid cursor');
  return new ShopifyRejected(`Shopify rejected the request (${codes.find(Boolean) ?? 'no code'}).`);
}

function approvalFor(denied: GraphqlError[]): string {
  if (denied.some(({ message }) => /access scope/i.test(message ?? ''))) return DENIED_SCOPE;
  // The path of a refused field leads to that field; the path of a refused type ends at the list.
  return denied.some(({ path }) => path?.includes('defaultEmailAddress')) ? DENIED_EMAIL : DENIED_DATA;
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
