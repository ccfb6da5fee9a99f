import type { IncomingMessage } from 'node:http';
import type { Answer, GraphqlRequest } from './answer.ts';
import { isFilePath, serveFile, shopOfFile } from './bulk/files.ts';
import { refuseToken } from './oauth/admit-token.ts';
import { authorize } from './oauth/authorize.ts';
import { answerTokenRequest } from './oauth/endpoint.ts';
import { NOT_FOUND, RETRY_AFTER_MS, applyFault, tooMany } from './reply.ts';
import type { Outcome, Reply } from './reply.ts';
import { countCustomers, listCustomers } from './rest/customers.ts';
import { servedVersion } from './schema.ts';
import type { ServedShop } from './shop.ts';

/** A request for a shop. */
export interface Incoming {
  request: IncomingMessage;
  url: URL;
  body: string;
  /** When the request arrived, before the latency of its reply. */
  arrivedMs: number;
}

const API_PATH = /^\/[^/]+\/admin\/api\/([^/]+)\/(graphql|customers|customers\/count)\.json$/;
const TOKEN_PATH = /^\/[^/]+\/admin\/oauth\/access_token$/;
const AUTHORIZE_PATH = /^\/[^/]+\/admin\/oauth\/authorize$/;
const PATHS = [API_PATH, TOKEN_PATH, AUTHORIZE_PATH];

/** Returns the domain of the shop in a path; undefined if Shopify has no such path. */
export function shopOfPath(path: string): string | undefined {
  if (isFilePath(path)) return shopOfFile(path);
  return PATHS.some((known) => known.test(path)) ? path.split('/')[1] : undefined;
}

export async function replyTo(shop: ServedShop, incoming: Incoming, answer: Answer): Promise<Outcome> {
  const { request, url, body } = incoming;
  if (isFilePath(url.pathname)) {
    return applyFault(shop.faults.takeReply('file'), () => serveFile(shop, url, request));
  }
  if (TOKEN_PATH.test(url.pathname)) {
    const type = request.headers['content-type'] ?? '';
    return applyFault(shop.faults.takeReply('oauth'), () =>
      request.method === 'POST' ? answerTokenRequest(shop, type, body) : NOT_FOUND,
    );
  }
  if (AUTHORIZE_PATH.test(url.pathname)) return request.method === 'GET' ? authorize(shop, url) : NOT_FOUND;
  return replyToApi(shop, incoming, answer);
}

/**
 * Runs the checks before the API itself, in Shopify's order: the token, the version, the bucket or the body.
 */
async function replyToApi(shop: ServedShop, incoming: Incoming, answer: Answer): Promise<Outcome> {
  const { request, url, arrivedMs } = incoming;
  const [, asked = '', resource = ''] = API_PATH.exec(url.pathname) ?? [];
  const patience = shop.patience[resource === 'graphql' ? 'graphql' : 'rest'];
  shop.count('requests');
  shop.arrived(arrivedMs);
  if (patience.ignoredBy(arrivedMs)) shop.violated('retry-after', 'a request before the end of Retry-After');
  const outcome = await applyFault(shop.faults.takeReply('api'), async () => {
    const version = admit(shop, request, asked);
    if (typeof version !== 'string') return version;
    const reply =
      resource === 'graphql'
        ? graphql(shop, incoming, version, answer)
        : await rest(shop, incoming, resource === 'customers');
    if (reply.status === 200) shop.turned();
    const bent = reply.status === 200 && shop.bend ? { ...reply, body: shop.bend(reply.body) } : reply;
    return { ...bent, headers: { ...bent.headers, 'x-shopify-api-version': version } };
  });
  if (typeof outcome === 'string') return outcome;
  if (outcome.status === 401) shop.count('unauthorized');
  if (outcome.headers?.['retry-after'] !== undefined) patience.ask(RETRY_AFTER_MS);
  return outcome;
}

/** Returns the version that serves the request, or a refusal. */
function admit(shop: ServedShop, { headers }: IncomingMessage, asked: string): string | Reply {
  // Source: shopify.dev/docs/api/admin-graphql (authentication).
  const token = headers['x-shopify-access-token'];
  if (token === undefined) shop.violated('access-token', 'no X-Shopify-Access-Token header');
  const refusal = refuseToken(shop, String(token));
  if (refusal) return refusal;
  const version = servedVersion(asked);
  if (version !== asked)
    shop.violated('version', `${/^[\w-]{1,10}$/.test(asked) ? asked : 'it'} is not supported`);
  return version ?? NOT_FOUND;
}

function graphql(shop: ServedShop, { request, body }: Incoming, version: string, answer: Answer): Reply {
  if (request.method !== 'POST') return NOT_FOUND;
  const query = readRequest(body);
  if (!query) {
    shop.violated('body', 'not JSON with a query');
    return { status: 400, body: { errors: { query: 'Required parameter missing or invalid' } } };
  }
  return { status: 200, body: answer({ shop, version, origin: originOf(request) }, query) };
}

async function rest(shop: ServedShop, { request, url }: Incoming, list: boolean): Promise<Reply> {
  if (request.method !== 'GET') {
    shop.violated('unsupported', 'a REST request other than GET');
    return NOT_FOUND;
  }
  const bucket = shop.restBucket();
  const taken = bucket.take();
  const limit = { 'x-shopify-shop-api-call-limit': bucket.header() };
  if (!taken) {
    shop.count('limited');
    const reply = tooMany(bucket.limits().perSecond, { retryAfter: true });
    return { ...reply, headers: { ...reply.headers, ...limit } };
  }
  const reply = list
    ? await listCustomers(shop, url.searchParams, originOf(request) + url.pathname)
    : countCustomers(shop, url.searchParams);
  return { ...reply, headers: { ...reply.headers, ...limit } };
}

/** Returns the address as the client wrote it, so that links lead to an address that the client can reach. */
const originOf = ({ headers }: IncomingMessage): string => `http://${headers.host ?? 'localhost'}`;

function readRequest(body: string): GraphqlRequest | undefined {
  try {
    const request = JSON.parse(body) as Partial<GraphqlRequest> | null;
    return typeof request?.query === 'string' ? { ...request, query: request.query } : undefined;
  } catch {
    return undefined;
  }
}
