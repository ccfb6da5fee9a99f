import { create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, type ConnectError } from '@connectrpc/connect';
import { CoreService, ImportService } from '@core/contracts';
import { readerOf, type CustomerRow } from '@core/db';
import { createWatchImport } from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { aCustomerId, aMerchantId } from '@core/testing';
import { createAdmit, type IncomingCall } from './rpc-context/admit.ts';
import { createCallLimit } from './rpc-context/call-limit.ts';
import type { Deps, Scope } from './rpc-context/context.ts';
import { createGate } from './rpc-context/gate.ts';
import { createRefusals } from './rpc-context/retryable-error.ts';
import { createRpcPipeline, type RpcPipeline, type Reply } from './rpc-pipeline.ts';
import type { Method, UnaryMethod } from './method.ts';
import { METHODS } from './methods.ts';
import { createRpcDurations } from './metrics.ts';
import { UNLIMITED } from '../test/unlimited.ts';
import type { Quota } from './quotas/quota.ts';
import { createQuotas } from './quotas/quotas.ts';
import { noCompression } from './request/refusals.ts';

const methodOf = (desc: unknown) => METHODS.find((method) => method.desc === desc)!;
const getRfm = methodOf(CoreService.method.getCustomerRFM) as UnaryMethod;
const getCustomer = methodOf(CoreService.method.getCustomer) as UnaryMethod;
const id = aCustomerId('018f4e1c-0000-7000-8000-00000000000a');
const row: CustomerRow = {
  id,
  merchantId: aMerchantId(id),
  externalId: null,
  email: '1.AAAA',
  rfmScore: null,
  metadata: {},
  version: 1,
  createdAt: new Date(0),
  updatedAt: new Date(0),
};

/** The pipeline with one caller, one merchant, and a database of one row. */
function world(options: {
  scopes?: Scope[];
  isMerchant?: () => Promise<boolean>;
  query?: () => Promise<never[]>;
  maxCalls?: number;
  merchant?: Partial<Quota>;
}) {
  const registry = new Registry();
  const refusals = createRefusals(registry);
  const log = createLogger('api', 'silent');
  const logged: Record<string, unknown>[] = [];
  log.error = ((fields: Record<string, unknown>) => void logged.push(fields)) as typeof log.error;
  const query = options.query ?? (async () => [row] as never[]);
  const deps = {
    reads: { reader: () => readerOf(query) },
    loadScore: async () => (await query())[0] ?? undefined,
    watchImport: createWatchImport(async () => (await query())[0]!),
    stopping: new AbortController().signal,
  } as unknown as Deps;
  const pipeline = createRpcPipeline({
    deps,
    admit: createAdmit({
      gate: createGate({
        identify: () => ({ caller: 'spec', scopes: new Set(options.scopes ?? ['rfm:read']) }),
        limit: createCallLimit(registry, refusals, { unary: options.maxCalls ?? 1_000 }),
        quotas: createQuotas({
          caller: UNLIMITED,
          merchant: { ...UNLIMITED, ...options.merchant },
          refusals,
        }),
      }),
      isMerchant: options.isMerchant ?? (async () => true),
    }),
    durations: createRpcDurations(registry),
    log,
  });
  return { pipeline, registry, logged };
}

interface Call extends IncomingCall {
  read(): Message;
}

/** Makes a call in the order of a server: first the head, then the request. */
const unary = async (pipeline: RpcPipeline, method: UnaryMethod, call: Call): Promise<Reply> =>
  (await pipeline.admit(method, call)).run(call.read());

const incoming = (method: Method, init: MessageInitShape<DescMessage>, more: Partial<Call> = {}) => {
  const headers: Record<string, string> = {};
  const call: Call = {
    header: () => undefined,
    deadline: undefined,
    onCancel: () => undefined,
    reply: (name, value) => void (headers[name] = value),
    read: (): Message => create(method.desc.input, init),
    ...more,
  };
  return { call, headers };
};
const request = { merchantId: id, customerId: id };
const caught = (work: Promise<unknown>): Promise<ConnectError> =>
  work.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ConnectError,
  );

it('checks the scope before it reads the request', async () => {
  const { pipeline } = world({ scopes: ['customers:read'] });
  const read = () => {
    throw new Error('the request must not be read');
  };
  const error = await caught(unary(pipeline, getRfm, incoming(getRfm, request, { read }).call));
  expect([error.code, error.rawMessage]).toEqual([Code.PermissionDenied, 'the scope rfm:read is needed']);
});

it('validates the request before it checks the merchant', async () => {
  let calls = 0;
  const { pipeline } = world({ isMerchant: async () => ++calls > 0 });
  const error = await caught(unary(pipeline, getRfm, incoming(getRfm, { merchantId: id }).call));
  expect([error.code, error.rawMessage, calls]).toEqual([
    Code.InvalidArgument,
    'customer_id: must be a UUID',
    0,
  ]);
});

it('checks the merchant before the handler runs', async () => {
  let queries = 0;
  const { pipeline } = world({
    isMerchant: async () => false,
    query: async () => (queries++, []),
  });
  const error = await caught(unary(pipeline, getRfm, incoming(getRfm, request).call));
  expect([error.code, error.rawMessage, queries]).toEqual([
    Code.PermissionDenied,
    'merchant_id: not a valid merchant',
    0,
  ]);
});

it('neither returns nor decrypts emails for a caller without customers:pii', async () => {
  const { pipeline } = world({ scopes: ['customers:read'] });
  const reply = await unary(pipeline, getCustomer, incoming(getCustomer, request).call);
  expect(reply).toMatchObject({ customer: { customerId: id, email: undefined } });
});

it('returns only a request id for an unforeseen error, and logs the error with that id', async () => {
  const { pipeline, logged, registry } = world({
    query: async () => Promise.reject(new Error('syntax error near ada@example.com')),
  });
  const { call, headers } = incoming(getRfm, request);
  const error = await caught(unary(pipeline, getRfm, call));
  expect(error.code).toBe(Code.Internal);
  expect(error.rawMessage).toBe(`internal error, request ${headers['x-request-id']}`);
  expect(logged).toEqual([
    expect.objectContaining({ request_id: headers['x-request-id'], rpc: 'GetCustomerRFM' }),
  ]);
  expect(await registry.metrics()).toMatch(
    /duration_seconds_count\{method="GetCustomerRFM",code="internal"\} 1/,
  );
});

it('logs no error for a fault of the caller whose gRPC code is internal', async () => {
  const { pipeline, logged } = world({});
  const admitted = await pipeline.admit(getRfm, incoming(getRfm, request).call);
  expect(admitted.refuse(noCompression()).code).toBe(Code.Internal);
  expect(logged).toEqual([]);
});

it.each([
  ['the deadline passes', () => ({ deadline: Date.now() + 50 }), Code.DeadlineExceeded],
  [
    'the caller disconnects',
    () => ({ onCancel: (leave: () => void) => void setImmediate(leave) }),
    Code.Canceled,
  ],
])('answers when %s, even if the work does not end', async (_, more, code) => {
  const { pipeline } = world({ query: () => new Promise<never>(() => undefined) });
  expect((await caught(unary(pipeline, getRfm, incoming(getRfm, request, more()).call))).code).toBe(code);
});

it.each<[string, Partial<Call>, Code]>([
  ['the deadline has passed', { deadline: 1 }, Code.DeadlineExceeded],
  ['the caller has disconnected', { onCancel: (leave) => leave() }, Code.Canceled],
])('starts no work when %s before the call arrives', async (_, more, code) => {
  const query = jest.fn(async () => [row] as never[]);
  const { pipeline, registry } = world({ query });
  expect((await caught(unary(pipeline, getRfm, incoming(getRfm, request, more).call))).code).toBe(code);
  expect(query).not.toHaveBeenCalled();
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});

it('refuses calls beyond its limit at once, and counts work until its end, not until its answer', async () => {
  const { promise, resolve } = Promise.withResolvers<never[]>();
  const { pipeline, registry } = world({
    scopes: ['customers:read'],
    query: () => promise,
    maxCalls: 1,
  });
  let leave = () => undefined as void;
  const left = { onCancel: (listener: () => void) => void (leave = listener) };
  const answer = caught(unary(pipeline, getCustomer, incoming(getCustomer, request, left).call));
  await new Promise(setImmediate);
  leave();
  expect((await answer).code).toBe(Code.Canceled);
  const refusal = await caught(unary(pipeline, getCustomer, incoming(getCustomer, request).call));
  expect([refusal.code, refusal.rawMessage]).toEqual([
    Code.ResourceExhausted,
    '1 calls are in flight in this process, try again',
  ]);
  resolve([row] as never[]);
  await new Promise(setImmediate);
  await unary(pipeline, getCustomer, incoming(getCustomer, request).call);
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});

it('counts a stream as cancelled when its reader disconnects', async () => {
  const watch = methodOf(ImportService.method.watchCustomerImport);
  if (watch.kind !== 'stream') throw new Error('WatchCustomerImport must be a stream');
  const names = ['read', 'created', 'updated', 'unchanged', 'skipped', 'failed', 'deleted', 'missed'];
  const counts = Object.fromEntries(names.map((name) => [name, '0']));
  const run = { status: 'running', source: 'auto', mode: 'full', expected: null, ...counts };
  const { pipeline, registry } = world({ scopes: ['imports:write'], query: async () => [run] as never[] });
  const { call } = incoming(watch, { merchantId: id, importId: id });
  const admitted = await pipeline.admit(watch, call);
  const replies = admitted.run(call.read())[Symbol.asyncIterator]();
  await replies.next();
  await replies.return?.();
  expect(await registry.metrics()).toMatch(/_count\{method="WatchCustomerImport",code="canceled"\} 1/);
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});
