import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { RetryLater, ShopifyRejected, ShopifyUnavailable, Unauthorized } from '../src/answers/errors.ts';
import { createShopClient, type ShopClientOptions } from '../src/client/create-shop-client.ts';
import type { GraphqlRequest, ShopClient } from '../src/client/shop-client.ts';
import type { Waiting } from '../src/client/wait-for-permit.ts';
import { QUIET, recordingLimiter } from './client-as.ts';

const SHOP = 'a.myshopify.com';

interface Came {
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

let server: Server;
let came: Came[];
let answer: (response: ServerResponse, request: Came) => void;
const ok = (response: ServerResponse) => {
  response.setHeader('x-shopify-shop-api-call-limit', '3/40');
  response.end('{"data":{},"customers":[]}');
};
beforeAll(async () => {
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const of = { path: request.url ?? '', headers: request.headers, body };
      came.push(of);
      answer(response, of);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  came = [];
  answer = ok;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

function open(options: Partial<ShopClientOptions<{ shop: string }>> = {}, work: Partial<Waiting> = {}) {
  const recording = recordingLimiter();
  const client = createShopClient({
    api: { baseUrl: `${origin()}/{shop}`, apiVersion: '2026-10' },
    tokens: { read: async () => 'shpat_own', refresh: () => Promise.reject(new Unauthorized()) },
    limiter: recording.limiter,
    reports: QUIET,
    ...options,
  })({ shop: SHOP }, { signal: AbortSignal.timeout(60_000), ...work });
  return { ...recording, client };
}

const QUERY: GraphqlRequest = { document: '{ shop { id } }', variables: { a: 1 }, cost: 7 };
const FULL = { admit: async () => ({ granted: false, waitMs: 5, reason: 'full' }) as const };

describe.each<[string, (client: ShopClient) => Promise<unknown>, unknown]>([
  ['graphql', (client) => client.graphql(QUERY), { api: 'graphql', cost: 7 }],
  ['rest', (client) => client.rest('customers.json?limit=1'), { api: 'rest', cost: 1 }],
])('a request through %s', (_kind, send, limit) => {
  it('is sent to the shop with its token, and counted', async () => {
    const { client, asked, outcomes } = open();
    await send(client);
    expect(came).toHaveLength(1);
    expect(came[0]!.path).toMatch(/^\/a\.myshopify\.com\/admin\/api\/2026-10\//);
    expect(came[0]!.headers['x-shopify-access-token']).toBe('shpat_own');
    expect(asked).toEqual([limit]);
    expect(outcomes).toHaveLength(1);
  });

  it('is not sent when the limit has no capacity', async () => {
    const { client } = open({ limiter: { ...recordingLimiter().limiter, ...FULL } });
    await expect(send(client)).rejects.toMatchObject({ name: RetryLater.name, waitMs: 5, reason: 'full' });
    expect(came).toEqual([]);
  });

  it('is settled after a failure, with the delay that Shopify requires', async () => {
    answer = (response) => response.writeHead(429, { 'retry-after': '2.0' }).end();
    const throttled: string[] = [];
    const reports = { ...QUIET, throttled: (shop: string) => void throttled.push(shop) };
    const { client, outcomes } = open({ reports });
    await expect(send(client)).rejects.toThrow(ShopifyUnavailable);
    expect(outcomes).toMatchObject([{ retryAfterMs: 2_000 }]);
    expect(throttled).toEqual([SHOP]);
  });

  it('returns its reply even if its permit cannot be settled', async () => {
    const unsettled: unknown[] = [];
    const { limiter } = recordingLimiter();
    const { client } = open({
      limiter: { ...limiter, settle: () => Promise.reject(new Error('away')) },
      reports: { ...QUIET, unsettled: (error) => void unsettled.push(error) },
    });
    await expect(send(client)).resolves.toBeDefined();
    expect(unsettled).toHaveLength(1);
  });

  it('is sent once more with the next token after a refusal, and counted again', async () => {
    const takes =
      (token: string) =>
      (response: ServerResponse, { headers }: Came) =>
        headers['x-shopify-access-token'] === token ? ok(response) : void response.writeHead(401).end();
    answer = takes('shpat_next');
    const refused: string[] = [];
    const refresh = async (_connection: unknown, token: string) =>
      `shpat_next${refused.push(token) > 1 ? '2' : ''}`;
    const { client, asked, outcomes } = open({ tokens: { read: async () => 'shpat_own', refresh } });
    await send(client);
    expect(refused).toEqual(['shpat_own']);
    expect(asked).toEqual([limit, limit]);
    expect(outcomes).toHaveLength(2);
    answer = takes('none');
    await expect(send(client)).rejects.toThrow(Unauthorized);
    expect(refused).toHaveLength(2);
  });
});

it('ignores a token and a shop in a request', async () => {
  const { client } = open();
  const forged = { ...QUERY, shop: 'b.myshopify.com', accessToken: 'shpat_forged' };
  await client.graphql(forged);
  expect(came[0]!.path).toContain(SHOP);
  expect(came[0]!.headers['x-shopify-access-token']).toBe('shpat_own');
  expect(JSON.parse(came[0]!.body)).toEqual({ query: QUERY.document, variables: QUERY.variables });
});

it('sends no token for a file, and does not count the request', async () => {
  const { client, asked } = open();
  const range = { url: `${origin()}/file?Signature=secret`, from: 10, size: 5 };
  await client.file(range, async ({ status }) => status);
  expect(came[0]).toMatchObject({ path: '/file?Signature=secret', headers: { range: 'bytes=10-14' } });
  expect(JSON.stringify(came[0]!.headers)).not.toContain('shpat_');
  expect(asked).toEqual([]);
});

it('sends no file request to a host that is not Shopify’s', async () => {
  const { client } = open({ api: { baseUrl: 'https://{shop}', apiVersion: '2026-10' } });
  const reading = client.file({ url: `${origin()}/file`, from: 0, size: 1 }, async () => 'read');
  await expect(reading).rejects.toThrow(ShopifyRejected);
  expect(came).toEqual([]);
});

describe('a request that directly follows another', () => {
  const busyFor = (times: number) => {
    const { limiter, ...recording } = recordingLimiter();
    let left = times;
    const admit: typeof limiter.admit = async (...asked) =>
      left-- > 0 ? FULL.admit() : limiter.admit(...asked);
    return { ...recording, limiter: { ...limiter, admit } };
  };

  it('waits until the limit admits it', async () => {
    let looks = 0;
    const stillWanted = async () => void looks++;
    const { client } = open({ limiter: busyFor(2).limiter }, { stillWanted });
    await client.graphql({ ...QUERY, follows: true });
    expect(came).toHaveLength(1);
    expect(looks).toBe(2);
  });

  it('is not sent when it is no longer wanted', async () => {
    const stillWanted = () => Promise.reject(new Error('cancelled'));
    const { client } = open({ limiter: busyFor(1).limiter }, { stillWanted });
    await expect(client.graphql({ ...QUERY, follows: true })).rejects.toThrow('cancelled');
    expect(came).toEqual([]);
  });

  it('does not wait indefinitely', async () => {
    const { client } = open({ limiter: busyFor(100).limiter });
    await expect(client.graphql({ ...QUERY, follows: true })).rejects.toThrow(RetryLater);
  });
});

it.each(['example.com', 'a.myshopify.com.example.com', 'example.com/x.myshopify.com', 'A.myshopify.com'])(
  'sends no token to %s',
  async (shop) => {
    const client = createShopClient({
      api: { baseUrl: 'http://127.0.0.1:1/{shop}', apiVersion: '2026-10' },
      tokens: { read: async () => 't', refresh: () => Promise.reject(new Unauthorized()) },
      limiter: recordingLimiter().limiter,
      reports: QUIET,
    })({ shop }, { signal: AbortSignal.timeout(60_000) });
    await expect(client.graphql(QUERY)).rejects.toThrow(ShopifyRejected);
  },
);
