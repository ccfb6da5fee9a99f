import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGzip } from 'node:zlib';
import {
  isShopifyItself,
  QueryTooExpensive,
  ShopifyRejected,
  ShopRenamed,
  UnusableAnswer,
} from '../src/index.ts';
import { clientAs } from './client-as.ts';

const MIB = 1_048_576;

let server: Server;
let answer: (response: ServerResponse) => void;
beforeAll(async () => {
  server = createServer((_request, response) => answer(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = () =>
  clientAs(
    {
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/{shop}`,
      apiVersion: '2026-10',
      timeoutMs: 60_000,
    },
    { shop: 'a.myshopify.com', accessToken: 't', signal: AbortSignal.timeout(120_000) },
  ).graphql({ document: '{ shop { id } }', variables: {}, cost: 1 });

/**
 * Sends that many MiB of JSON as fast as they are read.
 * @returns the bytes written before the peer disconnected
 */
async function flood(response: ServerResponse, mib: number, target: NodeJS.WritableStream = response) {
  const part = Buffer.alloc(MIB, 'x');
  let sent = 0;
  const left = once(response, 'close');
  target.write('{"data":{"x":"');
  for (; sent < mib * MIB && !response.closed; sent += part.length) {
    if (!target.write(part)) await Promise.race([once(target, 'drain'), left]);
  }
  target.end('"}}');
  return sent;
}

it.each([200, 401, 503])(
  'reads at most 16 MiB of a reply with status %i, and disconnects',
  async (status) => {
    let sent: Promise<number> | undefined;
    answer = (response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      sent = flood(response, 400);
    };
    await expect(ask()).rejects.toThrow(QueryTooExpensive);
    expect(await sent).toBeLessThan(200 * MIB);
  },
);

it('counts the decompressed bytes of a compressed reply', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const gzip = createGzip();
    gzip.pipe(response);
    void flood(response, 64, gzip);
  };
  await expect(ask()).rejects.toThrow(/the reply has more than 16777216 bytes/);
});

it('accepts a large reply whose multi-byte characters are split between chunks', async () => {
  const name = 'Ö'.repeat(4 * MIB);
  answer = (response) => {
    const body = Buffer.from(JSON.stringify({ data: { name } }));
    response.writeHead(200);
    response.write(body.subarray(0, 1_001));
    response.end(body.subarray(1_001));
  };
  expect((await ask()).data['name']).toBe(name);
});

it.each([
  ['https://{shop}', true],
  ['https://{shop}/', true],
  ['HTTPS://{shop}', true],
  ['http://{shop}', false],
  ['http://127.0.0.1:8081/{shop}', false],
  ['https://{shop}.example.com', false],
  ['https://example.com/{shop}', false],
])('%s is Shopify itself: %p', (url, is) => expect(isShopifyItself(url)).toBe(is));

const redirect = (status: number, location?: string) => {
  let requests = 0;
  answer = (response) => {
    requests += 1;
    response.writeHead(status, location === undefined ? {} : { location });
    response.end('<html>');
  };
  return () => requests;
};

it.each([301, 302, 303, 307, 308])(
  'reports the new domain of a shop that answers %i, and sends nothing there',
  async (status) => {
    const requests = redirect(status, 'https://new-name.myshopify.com/admin/api/2026-10/graphql.json');
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ShopRenamed);
    expect(error).toMatchObject({
      domain: 'new-name.myshopify.com',
      message: expect.stringMatching(
        /renamed the shop: it is new-name\.myshopify\.com now.*resume/,
      ) as string,
    });
    expect(requests()).toBe(1);
  },
);

it.each([
  'https://NEW-NAME.MYSHOPIFY.COM:443/',
  'http://new-name.myshopify.com/x',
  '//new-name.myshopify.com/x',
])('accepts %s as the new domain', async (location) => {
  redirect(301, location);
  await expect(ask()).rejects.toMatchObject({ domain: 'new-name.myshopify.com' });
});

it.each([
  'https://example.com/',
  'https://new-name.myshopify.com.example.com/',
  'https://new-name.myshopify.com@example.com/',
  'https://admin.shopify.com/store/new-name',
  'https://-.myshopify.com/',
  'https://a.b.myshopify.com/',
])('trusts no other site: %s', async (location) => {
  redirect(301, location);
  const error = await ask().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ShopifyRejected);
  expect(error).not.toBeInstanceOf(ShopRenamed);
  expect((error as Error).message).toMatch(/not a myshopify\.com domain/);
  expect((error as Error).message).not.toContain('example');
});

it.each<[string, string | undefined]>([
  ['nowhere', undefined],
  ['to no address', 'http://['],
  ['to the same shop', '/admin/auth/login'],
  ['to itself by name', 'https://a.myshopify.com/password'],
])('reports an unusable answer for a redirect %s', async (_where, location) => {
  redirect(302, location);
  const error = await ask().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UnusableAnswer);
  expect(error).toMatchObject({ what: 'redirect' });
});
