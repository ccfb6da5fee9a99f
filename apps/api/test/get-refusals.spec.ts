import * as http2 from 'node:http2';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import { GetCustomerRFMRequestSchema } from '@core/contracts';
import { waitUntil } from '@core/testing';
import type { Method } from '../src/method.ts';
import { pathOf } from '../src/paths.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { get, OTHERS, queryOf, SAFE } from './get-support.ts';
import { talk } from './talk.ts';

const MESSAGE = toBinary(GetCustomerRFMRequestSchema, create(GetCustomerRFMRequestSchema, ids));
const QUERY = queryOf(JSON.stringify(ids));

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
async function open(options?: Parameters<typeof openBareServers>[0]): Promise<BareServers> {
  const servers = await openBareServers(options);
  closers.push(() => servers.stop());
  return servers;
}
const idle = async (servers: BareServers) =>
  expect([await servers.inFlight(), await servers.bodyBytes()]).toEqual([0, 0]);

it('the literal paths in the plan accept GET, too', async () => {
  const { url } = await open();
  expect(await get(`${url}/core.v1/GetCustomerRFM${QUERY}`)).toMatchObject({ status: 200, body: {} });
  expect((await get(`${url}/core.v1/CreateCustomer${QUERY}`)).status).toBe(405);
  for (const path of [
    `${RFM_PATH}/`,
    '/core.v1.CoreService%2FGetCustomerRFM',
    '/core.v1.CoreService/Get%43ustomerRFM',
  ]) {
    expect((await get(url + path + QUERY)).status).toBe(404);
  }
});

it('HTTP methods that an rpc does not support are answered 405, with the supported ones', async () => {
  const { httpPort } = await open();
  const ask = (verb: string, method: Method) =>
    talk(httpPort, `${verb} ${pathOf(method.desc)}${QUERY} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  for (const method of OTHERS) {
    for (const verb of ['GET', 'HEAD', 'PUT']) {
      const received = await ask(verb, method);
      expect([method.desc.name, verb, received]).toEqual([
        method.desc.name,
        verb,
        expect.stringMatching(/^HTTP\/1\.1 405 [^]*\r\nallow: POST\r\n/i),
      ]);
      const body = '{"code":"unimplemented","message":"the method must be POST"}';
      if (verb !== 'HEAD') expect(received).toContain(body);
    }
  }
  for (const method of SAFE) {
    for (const verb of ['HEAD', 'PUT', 'DELETE', 'PATCH', 'QUERY']) {
      const received = await ask(verb, method);
      expect([method.desc.name, verb, received]).toEqual([
        method.desc.name,
        verb,
        expect.stringMatching(/^HTTP\/1\.1 405 [^]*\r\nallow: GET, POST\r\n/i),
      ]);
    }
  }
}, 120_000);

it('the refusal of invalid input names the field and quotes nothing', async () => {
  const servers = await open();
  const secret = 'ada%40example.com';
  for (const [query, status, message] of [
    ['', 400, 'encoding: is required; use json or proto'],
    [`?message=${secret}`, 400, 'encoding: is required; use json or proto'],
    [`?encoding=json&${secret}`, 400, 'message: is required'],
    [`?encoding=${secret}&message={}`, 415, 'encoding: must be json or proto'],
    [`?connect=${secret}&encoding=json&message={}`, 400, 'connect: must be v1'],
    [`${QUERY}&message=${secret}`, 400, 'message: must be given once'],
    [`?encoding=json&message=${secret}%`, 400, 'message: % must be followed by two hexadecimal digits'],
    [
      `?encoding=proto&base64=1&message=${secret}`,
      400,
      'message: must be base64 with - and _ in place of + and /',
    ],
    [
      `?encoding=json&compression=${secret}&message={}`,
      501,
      'the compression of the request is not supported; use one of gzip, deflate, br',
    ],
    [`?encoding=json&compression=gzip&message=${secret}`, 400, 'the request is not compressed with gzip'],
    [
      `?encoding=json&message=${secret}`,
      400,
      'cannot decode message core.v1.GetCustomerRFMRequest from JSON',
    ],
    ['?encoding=json&message=', 400, 'cannot decode message core.v1.GetCustomerRFMRequest from JSON'],
    [
      '?encoding=json&message={"customerId":{"ada@example.com":1}}',
      400,
      'cannot decode field core.v1.GetCustomerRFMRequest.customer_id from JSON',
    ],
    ['?encoding=proto&message=%FF%FF', 400, 'the request is not a core.v1.GetCustomerRFMRequest'],
    ['?encoding=proto&message=', 400, 'merchant_id: must be a UUID'],
  ] as const) {
    const reply = await get(servers.url + RFM_PATH + query);
    expect([query, reply.status, reply.body['message']]).toEqual([query, status, message]);
    expect(reply.headers.get('content-type')).toBe('application/json');
    expect(reply.headers.get('cache-control')).toBe('no-store');
  }
  await idle(servers);
});

it('octets may be escaped or compressed', async () => {
  const { url } = await open();
  const escaped = [...MESSAGE].map((octet) => `%${octet.toString(16).padStart(2, '0')}`).join('');
  expect((await get(`${url}${RFM_PATH}?encoding=proto&message=${escaped}`)).status).toBe(200);
  for (const [compression, bytes] of [
    ['gzip', gzipSync(MESSAGE)],
    ['deflate', deflateSync(MESSAGE)],
    ['br', brotliCompressSync(MESSAGE)],
    ['identity', MESSAGE],
    ['', MESSAGE],
  ] as const) {
    const reply = await get(url + RFM_PATH + queryOf(bytes, { compression }));
    expect([compression, reply.status]).toEqual([compression, 200]);
  }
});

it('a message that decompresses beyond its limit is refused, and all bytes are released', async () => {
  const servers = await open({ scopes: ['rfm:read', 'customers:read'] });
  for (const bytes of [Buffer.alloc(8_193), Buffer.alloc(5_000_000)]) {
    const bomb = queryOf(gzipSync(bytes), { compression: 'gzip' });
    expect(await get(servers.url + RFM_PATH + bomb)).toMatchObject({
      status: 429,
      body: { code: 'resource_exhausted', message: /more than 8192 bytes/ },
    });
  }
  const metadata = `{"customerIds":["${'","'.repeat(5_000)}"]}`;
  const many = queryOf(gzipSync(metadata), { compression: 'gzip', encoding: 'json' });
  expect(await get(`${servers.url}/core.v1.CoreService/BatchGetCustomerRFM${many}`)).toMatchObject({
    status: 400,
    body: { message: 'the request has more than 4096 values' },
  });
  await idle(servers);
  const full = await open({ maxBytes: 50 });
  expect(await get(full.url + RFM_PATH + queryOf(gzipSync(MESSAGE), { compression: 'gzip' }))).toMatchObject({
    status: 429,
    body: { message: 'this process holds too many bytes of requests, try again' },
  });
});

it('a URL has a lower limit than the head', async () => {
  const servers = await open();
  const message = `${JSON.stringify(ids)}${' '.repeat(9_000)}`;
  const long = await get(servers.url + RFM_PATH + queryOf(message));
  expect(long).toMatchObject({
    status: 414,
    body: {
      code: 'resource_exhausted',
      message: 'the URL has more than 8192 bytes: send the request by POST',
    },
  });
  const longer = await talk(
    servers.httpPort,
    `GET ${RFM_PATH}${queryOf(message + message)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  );
  expect(longer).toMatch(/^HTTP\/1\.1 431 [^]*"code":"resource_exhausted"/);
});

it('quotas and limits count a GET', async () => {
  const servers = await open({ maxCalls: 1, callerQuota: { score_reads: 2 } });
  const gate = Promise.withResolvers<void>();
  servers.hold = gate.promise;
  const first = get(servers.url + RFM_PATH + QUERY);
  await waitUntil(async () => (await servers.inFlight()) === 1, { what: 'a call' });
  const refused = await get(servers.url + RFM_PATH + QUERY);
  expect([refused.status, refused.headers.get('cache-control')]).toEqual([429, 'no-store']);
  gate.resolve();
  expect((await first).status).toBe(200);
  const statuses: number[] = [];
  let last = await get(servers.url + RFM_PATH + QUERY);
  for (; last.status === 200 && statuses.length < 10_000; statuses.push(last.status)) {
    last = await get(servers.url + RFM_PATH + QUERY);
  }
  expect([last.status, last.headers.get('retry-after')]).toEqual([429, '1']);
  await idle(servers);
});

it('the timeout header limits a GET', async () => {
  const servers = await open();
  const gate = Promise.withResolvers<void>();
  closers.push(() => gate.resolve());
  servers.hold = gate.promise;
  const late = await get(servers.url + RFM_PATH + QUERY, { 'connect-timeout-ms': '50' });
  expect([late.status, late.body['code']]).toEqual([504, 'deadline_exceeded']);
  servers.hold = undefined;
  const wrong = await get(servers.url + RFM_PATH + QUERY, { 'connect-timeout-ms': '5S' });
  expect([wrong.status, wrong.body['message']]).toEqual([400, 'connect-timeout-ms: must be 1 to 10 digits']);
  const longest = await get(servers.url + RFM_PATH + QUERY, { 'connect-timeout-ms': '9999999999' });
  expect(longest.status).toBe(200);
});

it.each([
  ['a body', 'content-length: 2\r\n\r\n{}'],
  ['a chunked body', 'transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
  ['the length of a body', 'content-length: 2\r\n\r\n'],
])('a GET must not have %s, and no later request on its connection is served', async (_, rest) => {
  const { httpPort } = await open();
  const received = await talk(
    httpPort,
    `GET ${RFM_PATH}${QUERY} HTTP/1.1\r\nhost: x\r\n${rest}GET ${RFM_PATH}${QUERY} HTTP/1.1\r\nhost: x\r\n\r\n`,
  );
  expect(received).toMatch(/^HTTP\/1\.1 400 [^]*must have no body/);
  expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
});

it('the content-type of a GET is ignored, and its connection stays open', async () => {
  const { httpPort } = await open();
  const ask = (headers: string) => `GET ${RFM_PATH}${QUERY} HTTP/1.1\r\nhost: x\r\n${headers}\r\n`;
  const types = ['application/json', 'application/grpc-web+proto', 'text/plain', 'application/connect+json'];
  const all = types.map((type) => ask(`content-type: ${type}\r\ncontent-encoding: gzip\r\n`));
  const received = await talk(httpPort, all.join('') + ask('content-length: 0\r\nconnection: close\r\n'));
  expect([...received.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status]) => status)).toEqual(
    Array<string>(5).fill('200'),
  );
});

it('an HTTP/2 client is refused: by the protocol on this port, by the method on the gRPC port', async () => {
  const servers = await open();
  const ask = (port: number) => {
    const session = http2.connect(`http://127.0.0.1:${port}`);
    closers.push(() => session.destroy());
    return new Promise<unknown>((resolve) => {
      session.on('error', (error) => resolve(String(error)));
      const stream = session.request({ ':method': 'GET', ':path': RFM_PATH + QUERY });
      stream.on('error', (error) => resolve(String(error)));
      stream.on('response', resolve);
      stream.resume();
    });
  };
  expect(await ask(servers.grpcPort)).toMatchObject({ ':status': 405, allow: 'POST' });
  expect(await ask(servers.httpPort)).toMatch(/Error/);
  expect((await get(servers.url + RFM_PATH + QUERY)).status).toBe(200);
});
