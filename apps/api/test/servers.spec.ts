import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-node';
import * as grpc from '@grpc/grpc-js';
import {
  CoreService,
  GetProgramSettingsRequestSchema,
  ImportService,
  PrivacyService,
  ShopService,
} from '@core/contracts';
import {
  Health,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
  HealthListRequestSchema,
  HealthListResponseSchema,
  reflectionV1,
  reflectionV1alpha,
} from '@core/contracts/grpc';
import { createLogger, createShutdown, readEnv } from '@core/runtime';
import { createTestDatabase } from '@core/testing';
import { apiEnv, startApi } from '../src/index.ts';
import { API_ENV, drain, failure, merchant, openApi, post, startApiStack, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
let raw: grpc.Client;
beforeAll(async () => {
  api = await openApi();
  raw = new grpc.Client(`127.0.0.1:${api.grpcPort}`, grpc.credentials.createInsecure());
});
afterAll(async () => {
  raw.close();
  await api.stop();
});

const send = (path: string, body: Uint8Array): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const same = (bytes: Buffer) => bytes;
    raw.makeUnaryRequest(path, same, same, Buffer.from(body), (error, reply) =>
      error || !reply ? reject(error) : resolve(reply),
    );
  });

describe('the gRPC port', () => {
  const check = async (service: string) => {
    const request = toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }));
    return fromBinary(HealthCheckResponseSchema, await send('/grpc.health.v1.Health/Check', request));
  };

  it.each(['', 'core.v1.CoreService', 'core.v1.ImportService'])('reports %p as healthy', async (service) =>
    expect(await check(service)).toMatchObject({ status: 1 }),
  );

  it('reports other services as not found', async () =>
    expect(await failure(check('core.v1.Other'))).toMatchObject({ code: grpc.status.NOT_FOUND }));

  it('lists the health of each service', async () => {
    const request = toBinary(HealthListRequestSchema, create(HealthListRequestSchema));
    const { statuses } = fromBinary(
      HealthListResponseSchema,
      await send('/grpc.health.v1.Health/List', request),
    );
    const names = [
      '',
      ...[CoreService, ImportService, ShopService, PrivacyService].map(({ typeName }) => typeName),
    ];
    expect(Object.entries(statuses).map(([name, { status }]) => [name, status])).toEqual(
      names.map((name) => [name, 1]),
    );
  });

  const versions = { v1: reflectionV1, v1alpha: reflectionV1alpha };
  describe.each(Object.keys(versions) as (keyof typeof versions)[])('reflects, %s', (version) => {
    const { ServerReflectionRequestSchema, ServerReflectionResponseSchema } = versions[version];
    const reflect = async (...requests: { case: string; value: unknown }[]) => {
      const call = raw.makeBidiStreamRequest(
        `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`,
        (request: object) =>
          Buffer.from(
            toBinary(ServerReflectionRequestSchema, create(ServerReflectionRequestSchema, request as never)),
          ),
        (bytes: Buffer) => fromBinary(ServerReflectionResponseSchema, bytes),
      );
      for (const messageRequest of requests) call.write({ messageRequest });
      call.end();
      const seen = [];
      for await (const reply of call) seen.push(reply);
      return seen;
    };

    it('its services', async () => {
      const services = [
        ...[CoreService, ImportService, ShopService, PrivacyService, Health],
        ...Object.values(versions).map(({ ServerReflection }) => ServerReflection),
      ];
      expect(await reflect({ case: 'listServices', value: '*' })).toMatchObject([
        {
          messageResponse: {
            case: 'listServicesResponse',
            value: { service: services.map(({ typeName: name }) => ({ name })) },
          },
        },
      ]);
    });

    it('files and extensions', async () => {
      const extension = { containingType: 'core.v1.Customer', extensionNumber: 100 };
      const answers = await reflect(
        { case: 'fileByFilename', value: 'grpc/health/v1/health.proto' },
        { case: 'fileContainingSymbol', value: 'grpc.health.v1.Health.Watch' },
        { case: 'fileContainingExtension', value: extension },
        { case: 'allExtensionNumbersOfType', value: 'core.v1.Customer' },
      );
      expect(answers).toMatchObject([
        { messageResponse: { case: 'fileDescriptorResponse' } },
        { messageResponse: { case: 'fileDescriptorResponse' } },
        { messageResponse: { case: 'errorResponse', value: { errorCode: grpc.status.NOT_FOUND } } },
        { messageResponse: { case: 'allExtensionNumbersResponse', value: { extensionNumber: [] } } },
      ]);
    });
  });

  it('refuses bytes that are not such a message as invalid', async () =>
    expect(await failure(send('/core.v1/GetCustomerRFM', Buffer.from([0xff, 0xff])))).toEqual({
      code: grpc.status.INVALID_ARGUMENT,
      details: 'the request is not a core.v1.GetCustomerRFMRequest',
    }));

  it('serves no other path', async () =>
    expect((await failure(send('/core.v1/GetCustomer', new Uint8Array()))).code).toBe(
      grpc.status.UNIMPLEMENTED,
    ));
});

describe('the HTTP port', () => {
  const transports = { createConnectTransport, createGrpcWebTransport };
  it.each(Object.keys(transports) as (keyof typeof transports)[])('serves %s', async (name) => {
    const client = createClient(CoreService, transports[name]({ baseUrl: api.url, httpVersion: '1.1' }));
    const { etag } = await client.getProgramSettings({ merchantId: merchant() });
    expect(etag).toBe('0');
  });

  it('serves streams', async () => {
    const transport = createConnectTransport({ baseUrl: api.url, httpVersion: '1.1' });
    const client = createClient(ImportService, transport);
    const watch = drain(client.watchCustomerImport({ merchantId: merchant(), importId: merchant() }));
    await expect(watch).rejects.toThrow('import not found');
  });

  it('keeps the caller’s request id if it is valid', async () => {
    const url = `${api.url}/core.v1.CoreService/GetProgramSettings`;
    const valid = await post(url, { merchantId: 'x' }, { 'x-request-id': 'trace-1' });
    expect([valid.status, valid.headers.get('x-request-id')]).toEqual([400, 'trace-1']);
    const other = await post(url, { merchantId: 'x' }, { 'x-request-id': 'ada@example.com' });
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('refuses a body that is not JSON', async () =>
    expect((await post(`${api.url}/core.v1/CreateCustomer`, '{')).body['code']).toBe('invalid_argument'));

  it.each([
    [
      { page_size: 'ada@example.com' },
      'cannot decode field core.v1.ListCustomersRequest.page_size from JSON',
    ],
    [
      { page_size: `ada@${'x'.repeat(5_000)}` },
      'cannot decode field core.v1.ListCustomersRequest.page_size from JSON',
    ],
    ['{"page_token": ada@example.com', 'cannot decode message core.v1.ListCustomersRequest from JSON'],
  ])('does not quote invalid values', async (request, message) => {
    const url = `${api.url}/core.v1.CoreService/ListCustomers`;
    const reply = await post(url, request, { 'accept-encoding': 'gzip' });
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_argument', message } });
  });

  it('serves no other path', async () => {
    const reply = await fetch(`${api.url}/core.v1/GetCustomer`, { method: 'POST' });
    expect(reply.status).toBe(404);
  });

  it.each(['traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-traceid', 'x-b3-sampled'])(
    'lets a page send %s',
    async (header) => {
      const preflight = await fetch(`${api.url}/core.v1.CoreService/GetProgramSettings`, {
        method: 'OPTIONS',
        headers: {
          origin: 'https://admin.example.com',
          'access-control-request-method': 'POST',
          'access-control-request-headers': header,
        },
      });
      const allowed = preflight.headers.get('access-control-allow-headers') ?? '';
      expect(allowed.toLowerCase().split(', ')).toContain(header);
    },
  );

  it.each([
    ['https://admin.example.com', 'https://admin.example.com'],
    ['https://evil.example.com', null],
  ])('allows a page of %s: %s', async (origin, allowed) => {
    const url = `${api.url}/core.v1.CoreService/GetProgramSettings`;
    const preflight = await fetch(url, {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe(allowed);
    const reply = await post(url, { merchantId: merchant() }, { origin });
    expect(reply.headers.get('access-control-allow-origin')).toBe(allowed);
  });
});

it('serves health, readiness and metrics on the admin port', async () => {
  const get = async (page: string) => {
    const reply = await fetch(`http://127.0.0.1:${api.adminPort}${page}`);
    return `${reply.status} ${await reply.text()}`;
  };
  await api.rpc.unary(core.getProgramSettings, { merchantId: merchant() });
  expect(await get('/healthz')).toMatch(/^200 /);
  expect(await get('/readyz')).toMatch(/^200 /);
  expect(await get('/metrics')).toMatch(
    /core_rpc_duration_seconds_count\{.*method="GetProgramSettings".*code="ok".*\}/,
  );
});

describe('starting', () => {
  const started = async (env: NodeJS.ProcessEnv) => {
    await using stack = await startApiStack();
    const log = createLogger('api', 'silent');
    const shutdown = createShutdown(log);
    try {
      const given = { ...stack.envOf('api'), ...API_ENV, LOG_LEVEL: 'silent', ...env };
      return await startApi({ env: readEnv(apiEnv, given), log, shutdown });
    } finally {
      await shutdown.run();
    }
  };

  it.each(['CORE_GRPC_PORT', 'CORE_HTTP_PORT', 'CORE_ADMIN_PORT'])(
    'names %s when its port is in use',
    async (name) => {
      const blocker = createServer();
      await new Promise<void>((resolve) => blocker.listen(0, resolve));
      const { port } = blocker.address() as AddressInfo;
      try {
        await expect(started({ [name]: String(port) })).rejects.toThrow(
          `port ${port} is taken; set ${name} to a free one`,
        );
      } finally {
        blocker.close();
      }
    },
  );

  it('refuses a database without its migrations, and names the command to run', async () => {
    const empty = await createTestDatabase({ template: 'empty', migrate: async () => undefined });
    const CORE_DB_NAME = empty.name;
    await expect(started({ CORE_DB_NAME })).rejects.toThrow('run `npm run ops -- migrate` first');
    await empty.drop();
  });

  it('names an invalid variable', () =>
    expect(() => readEnv(apiEnv, { CORE_DB_PASSWORD: 'x', CORE_GRPC_PORT: 'x' })).toThrow(
      /CORE_GRPC_PORT: must be/,
    ));
});

it('ends a watch at shutdown, and notifies the watchers of health', async () => {
  const other = await openApi();
  const merchantId = merchant();
  const { rows } = await other.owner.query<{ id: string }>(
    `insert into customer_import_logs (merchant_id, shop) values ($1, 'a.myshopify.com') returning id`,
    [merchantId],
  );
  const client = new grpc.Client(`127.0.0.1:${other.grpcPort}`, grpc.credentials.createInsecure());
  const watchHealth = async (service: string) => {
    const replies = client.makeServerStreamRequest(
      '/grpc.health.v1.Health/Watch',
      (request: object) =>
        Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, request as never))),
      (bytes: Buffer) => fromBinary(HealthCheckResponseSchema, bytes),
      { service },
    );
    const states: number[] = [];
    for await (const reply of replies) states.push((reply as { status: number }).status);
    return states;
  };
  const health = Promise.all([watchHealth(''), watchHealth('core.v1.Other')]);
  let stopped: Promise<void> | undefined;
  const watch = (async () => {
    const request = { merchantId, importId: rows[0]!.id };
    for await (const { customerImport } of other.rpc.stream(
      ImportService.method.watchCustomerImport,
      request,
    )) {
      expect(customerImport?.merchantId).toBe(merchantId);
      stopped ??= other.stop();
    }
  })();
  expect(await failure(watch)).toEqual({
    code: grpc.status.UNAVAILABLE,
    details: 'the server is shutting down; watch again',
  });
  await stopped;
  expect(await health).toEqual([[1, 2], [3]]);
  client.close();
});

it('reads binary requests and ignores unknown fields', async () => {
  const request = create(GetProgramSettingsRequestSchema, { merchantId: merchant() });
  const unknown = Buffer.from([0x98, 0x06, 0x01]); // field 99
  const bytes = Buffer.concat([toBinary(GetProgramSettingsRequestSchema, request), unknown]);
  await send('/core.v1.CoreService/GetProgramSettings', bytes);
});
