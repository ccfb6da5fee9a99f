import type { IncomingMessage } from 'node:http';
import type { Answer, GraphqlRequest } from './answer.ts';
import { servedVersion } from './schema.ts';
import type { FaultKind, ServedShop } from './shop.ts';

export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
}

export const NOT_FOUND: Reply = { status: 404, body: { errors: 'Not Found' } };
// Source: shopify.dev/docs/api/usage/authentication, shopify.dev/docs/api/usage/response-codes.
const UNAUTHORIZED: Reply = {
  status: 401,
  body: { errors: '[API] Invalid API key or access token (unrecognized login or wrong password)' },
};
// Source: shopify.dev/docs/api/usage/response-codes and the REST rate limits page (Retry-After in decimal seconds).
const FAULTS: Record<Exclude<FaultKind, 'drop'>, Reply> = {
  unauthorized: UNAUTHORIZED,
  http500: { status: 500, body: { errors: 'Internal Server Error' } },
  http429: {
    status: 429,
    body: {
      errors:
        'Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.',
    },
    headers: { 'retry-after': '2.0' },
  },
};

/** The checks before GraphQL, in Shopify's order: the token, the version, the body. */
export function replyTo(
  shop: ServedShop,
  asked: string,
  { headers, method }: IncomingMessage,
  body: string,
  answer: Answer,
): Reply | 'drop' {
  shop.count('requests');
  const fault = shop.takeFault();
  if (fault === 'unauthorized') shop.count('unauthorized');
  if (fault) return fault === 'drop' ? 'drop' : FAULTS[fault];
  // Source: shopify.dev/docs/api/admin-graphql (authentication).
  const token = headers['x-shopify-access-token'];
  if (token === undefined) shop.violated('access-token', 'no X-Shopify-Access-Token header');
  if (token !== shop.accessToken) {
    shop.count('unauthorized');
    return UNAUTHORIZED;
  }
  const version = servedVersion(asked);
  if (version !== asked)
    shop.violated('version', `${/^[\w-]{1,10}$/.test(asked) ? asked : 'it'} is not supported`);
  if (!version || method !== 'POST') return NOT_FOUND;
  const request = readRequest(body);
  if (!request) {
    shop.violated('body', 'not JSON with a query');
    return { status: 400, body: { errors: { query: 'Required parameter missing or invalid' } } };
  }
  return { status: 200, body: answer(shop, version, request), headers: { 'x-shopify-api-version': version } };
}

function readRequest(body: string): GraphqlRequest | undefined {
  try {
    const request = JSON.parse(body) as Partial<GraphqlRequest> | null;
    return typeof request?.query === 'string' ? { ...request, query: request.query } : undefined;
  } catch {
    return undefined;
  }
}
