import { waitUntil } from '@core/testing';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { post } from './support.ts';
import { rawPeer, talk } from './talk.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/**
 * Opens servers that keep idle connections for an hour, with a route that counts requests and a route that
 * waits.
 */
async function open(options: Parameters<typeof openBareServers>[0] = {}) {
  let counted = 0;
  let waiting = 0;
  const gate = Promise.withResolvers<void>();
  const servers: BareServers = await openBareServers({
    http: { keepAliveTimeout: 3_600_000 },
    ...options,
    routes: {
      '/count': (_req, res) => {
        counted++;
        res.end('counted');
      },
      '/slow': async (_req, res) => {
        waiting++;
        await gate.promise;
        res.end('slow');
      },
    },
  });
  closers.push(() => servers.stop());
  return {
    ...servers,
    counted: () => counted,
    waiting: () => waiting,
    untilWaiting: () => waitUntil(() => waiting > 0, { what: 'a request to the slow route' }),
    finishSlow: () => gate.resolve(),
  };
}

const COUNT = 'GET /count HTTP/1.1\r\nhost: x\r\n\r\n';
const BODY = JSON.stringify(ids);
const rpc = (headers = '', body = BODY): string =>
  `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\n${headers}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const statuses = (received: string): string[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status = '']) => status);

describe('a request to upgrade the protocol', () => {
  const other = [
    ['websocket', 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n'],
    ['h2c', 'connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n'],
    ['x', 'upgrade: x\r\nconnection: upgrade\r\n'],
  ];
  it.each(other)('is answered without the upgrade to %s, and ends its connection', async (_, headers) => {
    const { httpPort, counted } = await open();
    expect(await talk(httpPort, rpc(headers) + COUNT)).toMatch(
      /^HTTP\/1\.1 200 OK\r\nconnection: close\r\n/i,
    );
    const received = await talk(httpPort, `GET /count HTTP/1.1\r\nhost: x\r\n${headers}\r\n${COUNT}`);
    expect(statuses(received)).toEqual(['200']);
    expect(counted()).toBe(1);
  });

  // The parser drops the bytes that arrived together with such a request, so the remaining bytes are not a
  // request.
  it('is the last one served on its connection', async () => {
    const { httpPort, counted, untilWaiting, finishSlow } = await open();
    const peer = rawPeer(httpPort);
    peer.send(
      `GET /slow HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nPOST /count HTTP/1.1\r\n`,
    );
    await untilWaiting();
    peer.send(`${COUNT}no request\r\n\r\n`);
    await waitUntil(() => peer.socket.writableLength === 0, { what: 'the rest to be sent' });
    finishSlow();
    expect(await peer.receiveAll()).toMatch(/^HTTP\/1\.1 200 OK\r\nconnection: close\r\n[^]*slow/i);
    expect(counted()).toBe(0);
  });
});

describe('an expectation', () => {
  it.each(['something', '100-continue, something', ''])(
    'is refused when it is %j, and its connection ends',
    async (expected) => {
      const { httpPort, counted } = await open();
      const received = await talk(httpPort, rpc(`expect: ${expected}\r\n`) + COUNT);
      expect(received).toMatch(/^HTTP\/1\.1 417 [^]*"message":"expect: must be 100-continue"/);
      expect([statuses(received), counted()]).toEqual([['417'], 0]);
    },
  );

  it('is met once the request is admitted, and the connection stays open', async () => {
    const { httpPort } = await open();
    const received = await talk(httpPort, rpc('expect: 100-continue\r\n') + rpc('connection: close\r\n'));
    expect(statuses(received)).toEqual(['100', '200', '200']);
  });

  it.each([
    ['403', RFM_PATH],
    ['404', '/core.v1/Nothing'],
    ['401', '/webhooks/shopify'],
  ])('is not met when the headers alone cause the answer %s', async (status, path) => {
    const { httpPort, counted } = await open({ scopes: [] });
    const head = `POST ${path} HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 36\r\n\r\n`;
    expect(statuses(await talk(httpPort, head + COUNT))).toEqual([status]);
    expect(counted()).toBe(0);
  });

  it('is ignored in HTTP/1.0', async () => {
    const { httpPort } = await open();
    const text = rpc('expect: something\r\n').replace('HTTP/1.1', 'HTTP/1.0');
    expect(statuses(await talk(httpPort, text))).toEqual(['200']);
  });
});

it('serves no request after one that it refused before it had arrived in full', async () => {
  const { httpPort, counted } = await open();
  const peer = rawPeer(httpPort);
  peer.send('POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{');
  await waitUntil(() => peer.received() !== '', { what: 'the refusal' });
  peer.send(`12345678${COUNT}`);
  expect(statuses(await peer.receiveAll())).toEqual(['404']);
  expect(counted()).toBe(0);
});

it('answers all pipelined requests before a shutdown ends the connection', async () => {
  const { httpPort, waiting, finishSlow, stop } = await open();
  const peer = rawPeer(httpPort);
  peer.send('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(3));
  await waitUntil(() => waiting() === 3, { what: 'three requests' });
  const stopped = stop();
  finishSlow();
  const received = await peer.receiveAll();
  expect(statuses(received)).toEqual(['200', '200', '200']);
  expect([...received.matchAll(/^connection: .*$/gim)].map(([line]) => line.toLowerCase())).toEqual([
    'connection: keep-alive',
    'connection: keep-alive',
    'connection: close',
  ]);
  await stopped;
});

describe('a request that reaches no route', () => {
  const chunked = `POST ${RFM_PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`;
  it.each([
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n', 501, 'unimplemented', /^CONNECT /],
    ['an unknown method', 'FOO / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'invalid_argument', /method/],
    ['a method in lower case', 'post / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'invalid_argument', /method/],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid_argument', /method/],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'invalid_argument', /HTTP\/1\.1/],
    ['an invalid version', 'GET / HTTP/9.9\r\nhost: x\r\n\r\n', 400, 'invalid_argument', /version/],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400, 'invalid_argument', /^host: is required$/],
    ['a folded line', 'GET / HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n', 400, 'invalid_argument', /header/i],
    [
      'many headers',
      `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(101)}\r\n`,
      431,
      'resource_exhausted',
      /100 headers/,
    ],
    ['long headers', `GET / HTTP/1.1\r\na: ${'x'.repeat(16_384)}`, 431, 'resource_exhausted', /16384 bytes/],
    ['an invalid length', rpc('content-length: x\r\n'), 400, 'invalid_argument', /Content-Length/],
    ['two lengths', rpc(`content-length: ${BODY.length}\r\n`), 400, 'invalid_argument', /Content-Length/],
    [
      'a length and chunked encoding',
      rpc('transfer-encoding: chunked\r\n'),
      400,
      'invalid_argument',
      /Transfer-Encoding/,
    ],
    [
      'chunked encoding given twice',
      chunked.replace('\r\n\r\n', '\r\ntransfer-encoding: chunked\r\n\r\n'),
      400,
      'invalid_argument',
      /Transfer-Encoding/,
    ],
    ['an invalid chunk', `${chunked}zz\r\n{}\r\n0\r\n\r\n`, 400, 'invalid_argument', /chunk/],
    [
      'a chunk with a long extension',
      `${chunked}2;${'x'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`,
      413,
      'resource_exhausted',
      /chunk extensions/,
    ],
  ] as const)('is refused with %s, and the process keeps serving', async (_, text, status, code, message) => {
    const { httpPort, url, counted } = await open();
    const received = await talk(httpPort, text + COUNT);
    const [, body = ''] = received.split('\r\n\r\n', 2);
    expect([statuses(received), received]).toEqual([
      [String(status)],
      expect.stringMatching(/\r\nconnection: close\r\n/i),
    ]);
    expect(received).toMatch(/\r\ncache-control: no-store\r\n/i);
    expect(JSON.parse(body)).toEqual({ code, message: expect.stringMatching(message) });
    expect(counted()).toBe(0);
    expect(await post(url + RFM_PATH, ids)).toMatchObject({ status: 200 });
  });

  it.each([
    ['head', 'POST / HTTP/1.1\r\nhost: x\r\n'],
    ['body', `${chunked}2\r\n`],
  ])('is refused in JSON when its %s does not arrive', async (_, text) => {
    const shortTimeouts = { headersTimeout: 200, requestTimeout: 400, connectionsCheckingInterval: 50 };
    const { httpPort } = await open({ http: shortTimeouts });
    const received = await talk(httpPort, text);
    expect(received).toMatch(/^HTTP\/1\.1 408 [^]*"code":"deadline_exceeded"/);
  });

  it('does not replace the answer to a request with connection: close', async () => {
    const { httpPort, counted, untilWaiting, finishSlow } = await open();
    const peer = rawPeer(httpPort);
    peer.send(`GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n${COUNT}`);
    await untilWaiting();
    finishSlow();
    const received = await peer.receiveAll();
    expect([statuses(received), received]).toEqual([['200'], expect.stringContaining('slow')]);
    expect(counted()).toBe(0);
  });

  it.each([
    ['CONNECT', 'CONNECT x:443 HTTP/1.1\r\nhost: x:443\r\n\r\n', ['200', '501']],
    ['a malformed request', 'no request\r\n\r\n', ['200']],
  ])('does not replace the answer to the previous request: %s', async (_, text, expected) => {
    const { httpPort, untilWaiting, finishSlow } = await open();
    const peer = rawPeer(httpPort);
    peer.send(`GET /slow HTTP/1.1\r\nhost: x\r\n\r\n${text}`);
    await untilWaiting();
    peer.send('more\r\n\r\n');
    finishSlow();
    const received = await peer.receiveAll();
    expect([statuses(received), received]).toEqual([expected, expect.stringContaining('slow')]);
  });
});
