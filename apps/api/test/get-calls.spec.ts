import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { create, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport } from '@connectrpc/connect-node';
import { CoreService } from '@core/contracts';
import { bearer, createIssuer } from '@core/testing';
import { pathOf } from '../src/paths.ts';
import { get, jsonOf, queryOf, SAFE } from './get-support.ts';
import { sampleOf } from './identity-support.ts';
import { openLauncher } from './processes-support.ts';
import { auditOf, merchant, openApi, post, type TestApi } from './support.ts';

const issuer = createIssuer();
const merchantId = merchant();
let api: TestApi;
let customerId: string;
beforeAll(async () => {
  api = await openApi({ env: issuer.env });
  const request = { merchantId, email: 'ada@example.com' };
  const metadata = bearer(issuer.token());
  ({ customerId } = await api.rpc.unary(CoreService.method.createCustomer, request, { metadata }));
  await api.replicated();
});
afterAll(() => api?.stop());

it.each(SAFE.map((method) => [method.desc.name, method] as const))(
  'a GET of %s is answered like a POST',
  async (_, method) => {
    const request = sampleOf(method, { merchantId, customerId });
    const headers = { ...bearer(issuer.token()), 'x-request-id': 'same' };
    const url = api.url + pathOf(method.desc);
    const posted = await post(url, jsonOf(method, request), headers);
    const binary = toBinary(method.desc.input, create(method.desc.input, request));
    const got = await get(url + queryOf(jsonOf(method, request)), headers);
    expect([got.status, got.body]).toEqual([posted.status, posted.body]);
    const inProto = await get(url + queryOf(binary), headers);
    expect(inProto.status).toBe(posted.status);
    // Requests with unknown ids find nothing, and the others find something.
    expect([200, 404]).toContain(got.status);
    const type = got.status === 200 ? 'application/proto' : 'application/json';
    expect(inProto.headers.get('content-type')).toBe(type);
    // No cache stores the data of one caller or a not-found reply.
    const caching = method.desc.name === 'GetRfmDistribution' ? 'private, max-age=10' : 'no-store';
    for (const reply of [got, inProto]) expect(reply.headers.get('cache-control')).toBe(caching);
  },
);

it('a Connect client calls safe methods by GET, and the rest by POST', async () => {
  const seen: string[] = [];
  const recordRequest = (message: unknown) => {
    const { method = '', url = '', headers } = (message as { request: IncomingMessage }).request;
    if (headers.host === new URL(api.url).host) seen.push(`${method} ${url.split(/[?]|Service./)[1]}`);
  };
  subscribe('http.server.request.start', recordRequest);
  try {
    const headers = bearer(issuer.token({ scope: 'customers:read customers:pii customers:write' }));
    for (const useBinaryFormat of [true, false]) {
      const transport = createConnectTransport({
        baseUrl: api.url,
        httpVersion: '1.1',
        useHttpGet: true,
        useBinaryFormat,
      });
      const client = createClient(CoreService, transport);
      const { customer } = await client.getCustomer(
        { merchantId, customerId },
        { headers, timeoutMs: 60_000 },
      );
      expect(customer?.email).toBe('ada@example.com');
      const found = await client.findCustomerByEmail({ merchantId, email: 'ada@example.com' }, { headers });
      expect(found.customer?.customerId).toBe(customerId);
      await client.createCustomer({ merchantId, email: 'ada@example.com' }, { headers });
    }
  } finally {
    unsubscribe('http.server.request.start', recordRequest);
  }
  const once = ['GET GetCustomer', 'POST FindCustomerByEmail', 'POST CreateCustomer'];
  expect(seen).toEqual([...once, ...once]);
});

it('every email that a GET returns is recorded, each time', async () => {
  const shop = merchant();
  const metadata = bearer(issuer.token());
  const request = { merchantId: shop, email: 'eve@example.com' };
  const created = await api.rpc.unary(CoreService.method.createCustomer, request, { metadata });
  const message = JSON.stringify({ merchantId: shop, ...created, consistency: 'CONSISTENCY_STRONG' });
  const url = `${api.url}/core.v1.CoreService/GetCustomer${queryOf(message)}`;
  for (let n = 0; n < 2; n++) {
    const { body, headers } = await get(url, metadata);
    expect(body['customer']).toMatchObject({ email: 'eve@example.com' });
    expect(headers.get('cache-control')).toBe('no-store');
  }
  expect(await auditOf(api.owner, shop)).toEqual([
    'customer.create',
    'customer.email_disclosed',
    'customer.email_disclosed',
  ]);
});

it.each([
  ['no token', {}, '', 401],
  ['a token in the URL', {}, `&access_token=${issuer.token()}`, 401],
  ['the wrong scope', bearer(issuer.token({ scope: 'rfm:read' })), '', 403],
  ['the token of another merchant', bearer(issuer.token({ merchant_id: merchant() })), '', 403],
])('a GET is refused with %s', async (_, headers, more, status) => {
  const query = queryOf(JSON.stringify({ merchantId, customerId })) + more;
  const reply = await get(`${api.url}/core.v1.CoreService/GetCustomer${query}`, headers);
  expect([reply.status, reply.headers.get('cache-control')]).toEqual([status, 'no-store']);
});

it('a distribution may be cached for seconds, unless it was a strong read', async () => {
  const url = `${api.url}/core.v1.CoreService/GetRfmDistribution`;
  const caching = async (request: object, by: 'GET' | 'POST' = 'GET', token = issuer.token()) => {
    const message = JSON.stringify(request);
    const reply =
      by === 'GET'
        ? await get(url + queryOf(message), bearer(token))
        : await post(url, message, bearer(token));
    return [reply.headers.get('cache-control'), reply.headers.get('vary')];
  };
  const vary = 'Authorization, Origin, Accept-Encoding';
  expect(await caching({ merchantId })).toEqual(['private, max-age=10', vary]);
  expect(await caching({ merchantId, consistency: 'CONSISTENCY_STRONG' })).toEqual(['no-store', null]);
  expect(await caching({ merchantId }, 'POST')).toEqual(['no-store', null]);
  expect(await caching({ merchantId: 'x' })).toEqual(['no-store', null]);
  expect(await caching({ merchantId }, 'GET', 'hunter2')).toEqual(['no-store', null]);
});

it('CORS permits a page to call by GET', async () => {
  const origin = 'https://admin.example.com';
  const requestHeaders = {
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization',
  };
  const url = `${api.url}/core.v1.CoreService/GetProgramSettings${queryOf(JSON.stringify({ merchantId }))}`;
  const preflight = await fetch(url, { method: 'OPTIONS', headers: { origin, ...requestHeaders } });
  expect(preflight.headers.get('access-control-allow-methods')).toMatch(/\bGET\b/);
  expect(preflight.headers.get('access-control-allow-headers')).toMatch(/\bAuthorization\b/);
  for (const [target, status] of [
    [url, 200],
    [`${url}&encoding=json`, 400],
    [`${url}${'x'.repeat(8_192)}`, 414],
    [`${api.url}/core.v1.CoreService/UpdateCustomer`, 405],
  ] as const) {
    const reply = await get(target, { origin, ...bearer(issuer.token()) });
    expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([status, origin]);
    expect(reply.headers.get('vary')).toBe('Origin');
  }
});

it('no part of a query appears in a log, a metric or an error', async () => {
  const launcher = await openLauncher();
  try {
    const api = await launcher.launch(1, { LOG_LEVEL: 'trace' });
    const marker = 'q7x%40example.com';
    const message = JSON.stringify({ merchantId: merchant(), requestId: 'q7x@example.com' });
    const found: string[] = [];
    for (const query of [
      queryOf(message),
      `${queryOf(message)}&token=${marker}`,
      `?encoding=json&message=${marker}`,
      `?encoding=${marker}&message=${marker}`,
      `?${marker}=${marker}`,
      `?encoding=json&message=%&x=${marker}`,
      `${queryOf(message)}${marker.repeat(500)}`,
      `${queryOf(message)}${marker.repeat(1_500)}`,
    ]) {
      for (const path of [
        'PrivacyService/GetPrivacyRequest',
        'PrivacyService/Nothing',
        'CoreService/CreateCustomer',
      ]) {
        const reply = await fetch(`${api.url}/core.v1.${path}${query}`);
        found.push(await reply.text(), JSON.stringify([...reply.headers]));
      }
    }
    found.push(await (await fetch(`${api.adminUrl}/metrics`)).text(), api.log());
    expect(found.join('\n')).toContain('GetPrivacyRequest');
    expect(found.filter((text) => /q7x/.test(text))).toEqual([]);
  } finally {
    await launcher.close();
  }
}, 240_000);
