import { corruptBytes, compressed, framed, jsonBody, PATHS, protoBody } from './bodies.ts';
import type { Choices } from './choices.ts';
import { getRequest } from './get.ts';

const HOSTS = [
  '',
  '[',
  ']',
  'a b',
  'x:99999',
  'x:',
  ':',
  '@',
  'a@b',
  'a/b',
  'a\\b',
  '%',
  '%00',
  '[::1',
  '[::1]:x',
  '256.1.1.1',
  'xn--',
  '\xff\xfe',
  'a,b',
  'x'.repeat(300),
  'localhost',
  'x:80',
  '[::1]:80',
];
const TARGETS = [
  '*',
  '/',
  '//',
  '///x',
  '/%',
  '/%00',
  '/../..',
  'http://x/',
  'http://[',
  'x:y',
  '/?',
  '/a?%&=',
  '/queues',
  '/metrics',
  '/webhooks/shopify',
  '/core.v1/console-token',
  '/core.v1/import-errors.csv?merchant_id=%',
  '/core.v1/import-errors.csv?merchant_id=1&import_id=2',
  '/__proto__',
  '/constructor',
  '/core.v1.CoreService/',
  `/${'a'.repeat(4_000)}`,
];
const METHODS = [
  'POST',
  'POST',
  'POST',
  'POST',
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'PATCH',
  'TRACE',
  'PROPFIND',
  'M-SEARCH',
];
const TYPES = [
  'application/json',
  'application/json',
  'application/proto',
  'application/connect+json',
  'application/connect+proto',
  'application/grpc-web+proto',
  'application/grpc-web+json',
  'application/grpc-web-text',
  'application/grpc',
  'text/plain',
  '',
  'application/json; charset=latin1',
  'application/jsonx',
];
const HEADERS = [
  'connect-timeout-ms: 99999999999',
  'connect-timeout-ms: -1',
  'connect-timeout-ms: x',
  'grpc-timeout: 99999999999H',
  'connect-protocol-version: 9',
  'x-request-id: \xe9\xe8',
  'traceparent: 00-zz',
  'authorization: Bearer',
  'authorization: \xff',
  'authorization: Bearer a.b.c',
  'accept-encoding: br;q=x',
  'origin: null',
  'cookie: a=b',
  'transfer-encoding: identity',
  'expect: 200-ok',
  'upgrade: h2c',
  'connection: upgrade',
  'x-shopify-hmac-sha256: =',
  'x-shopify-topic: customers/update',
  'x-shopify-shop-domain: \xff',
  'x-shopify-event-id: 1',
  'range: bytes=0-',
  'a: b',
  '__proto__: x',
  'content-language: \t ',
];
const ENCODINGS = ['gzip', 'br', 'identity', 'deflate', 'x', ''];

/**
 * Generates a request that an HTTP parser accepts, with any other fault: one connection may carry several.
 */
export function parsableRequest(choices: Choices, authorization: string): Buffer {
  if (choices.oneIn(4)) return getRequest(choices, authorization);
  const type = choices.one(TYPES);
  const plain = type.includes('proto') ? protoBody(choices) : jsonBody(choices);
  const message = choices.oneIn(4) ? compressed(choices, plain) : plain;
  const body = /connect\+|grpc-web/.test(type) ? framed(choices, message) : message;
  const lines = [
    `${choices.one(METHODS)} ${choices.oneIn(5) ? choices.one(TARGETS) : choices.one(PATHS)} HTTP/1.1`,
    `host: ${choices.oneIn(3) ? choices.one(HOSTS) : 'localhost'}`,
  ];
  if (type) lines.push(`content-type: ${type}`);
  // Half of the callers are authenticated: their bodies are read.
  if (choices.oneIn(2)) lines.push(`authorization: ${authorization}`);
  if (choices.oneIn(4))
    lines.push(
      `${choices.one(['content-encoding', 'grpc-encoding', 'connect-content-encoding'])}: ${choices.one(ENCODINGS)}`,
    );
  for (let n = choices.below(4); n > 0; n--) lines.push(choices.one(HEADERS));
  if (choices.oneIn(4)) {
    const size = 1 + choices.below(Math.max(1, body.length));
    lines.push('transfer-encoding: chunked', '', '');
    return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), chunked(body, size)]);
  }
  lines.push(`content-length: ${body.length}`, '', '');
  return Buffer.concat([Buffer.from(lines.join('\r\n'), 'latin1'), body]);
}

function chunked(body: Buffer, size: number): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += size) {
    const part = body.subarray(at, at + size);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

const BREAKERS: ((choices: Choices) => string | Buffer)[] = [
  (choices) => choices.bytes(300),
  () => 'GET / HTTP/1.0\r\n\r\n',
  () =>
    'POST /core.v1/GetCustomerRFM HTTP/1.0\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
  () => 'POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}',
  () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  () => 'CONNECT x:80 HTTP/1.1\r\nhost: x\r\n\r\n',
  () =>
    'GET / HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-key: x\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999999999999\r\n\r\n',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n',
  () => 'POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n',
  () => `POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
  () => `GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`,
  () => `GET / HTTP/1.1\r\nhost: x\r\n${'a: b\r\n'.repeat(2_000)}\r\n`,
  () => `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
  () => 'GET / HTTP/1.1\nhost: x\n\n',
  () => 'GET / HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n',
  () => 'GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\n\r\n',
  () => 'GET / HTTP/1.1\r\nhost\0: x\r\n\r\n',
  () => 'GET / HTTP/9.9\r\nhost: x\r\n\r\n',
  () => 'GET /\0 HTTP/1.1\r\nhost: x\r\n\r\n',
  () =>
    'POST /core.v1/CreateCustomer HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: 1000000\r\n\r\n{',
  () => Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
];

/** Generates a request that may close its connection: one for each connection. */
export function closingRequest(choices: Choices, authorization: string): Buffer {
  if (choices.oneIn(3)) return corruptBytes(choices, parsableRequest(choices, authorization));
  const made = choices.one(BREAKERS)(choices);
  return typeof made === 'string' ? Buffer.from(made, 'latin1') : made;
}

/** A last request after which the server closes the connection, so that all earlier ones are answered. */
export const LAST_REQUEST = Buffer.from('GET /last HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
