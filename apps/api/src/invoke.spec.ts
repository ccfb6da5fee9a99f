import { create, type DescMessage, type Message, type MessageInitShape } from '@bufbuild/protobuf';
import { Code, type ConnectError } from '@connectrpc/connect';
import { CoreService, ImportService } from '@core/contracts';
import { readerOf, type CustomerRow } from '@core/db';
import { createWatchImport } from '@core/domain';
import { createLogger, Registry } from '@core/runtime';
import { aCustomerId, aMerchantId } from '@core/testing';
import { createAdmit, type Incoming } from './call/admit.ts';
import { createCallLimit } from './call/call-limit.ts';
import type { Deps, Scope } from './call/context.ts';
import { createGate } from './call/gate.ts';
import { createRefusals } from './call/try-again.ts';
import { createInvoker, type Invoker, type Reply } from './invoke.ts';
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
  mostCalls?: number;
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
    scoreOf: async () => (await query())[0] ?? undefined,
    watchImport: createWatchImport(async () => (await query())[0]!),
    stopping: new AbortController().signal,
  } as unknown as Deps;
  const invoker = createInvoker({
    deps,
    admit: createAdmit({
      gate: createGate({
        identify: () => ({ caller: 'spec', scopes: new Set(options.scopes ?? ['rfm:read']) }),
        limit: createCallLimit(registry, refusals, { unary: options.mostCalls ?? 1_000 }),
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
  return { invoker, registry, logged };
}

interface Call extends Incoming {
  read(): Message;
}

/** Calls in the order of a server: first the head, then the request. */
const unary = async (invoker: Invoker, method: UnaryMethod, call: Call): Promise<Reply> =>
  (await invoker.admit(method, call)).run(call.read());

const incoming = (method: Method, init: MessageInitShape<DescMessage>, more: Partial<Call> = {}) => {
  const headers: Record<string, string> = {};
  const call: Call = {
    header: () => undefined,
    deadline: undefined,
    whenGone: () => undefined,
    reply: (name, value) => void (headers[name] = value),
    read: (): Message => create(method.desc.input, init),
    ...more,
  };
  return { call, headers };
};
const request = { merchantId: id, customerId: id };
const caught = (work: Promise<unknown>): Promise<ConnectError> =>
  work.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as ConnectError,
  );

it('asks for the scope before it reads the request', async () => {
  const { invoker } = world({ scopes: ['customers:read'] });
  const read = () => {
    throw new Error('not to be read');
  };
  const error = await caught(unary(invoker, getRfm, incoming(getRfm, request, { read }).call));
  expect([error.code, error.rawMessage]).toEqual([Code.PermissionDenied, 'the scope rfm:read is needed']);
});

it('validates before it asks for the merchant', async () => {
  let asked = 0;
  const { invoker } = world({ isMerchant: async () => ++asked > 0 });
  const error = await caught(unary(invoker, getRfm, incoming(getRfm, { merchantId: id }).call));
  expect([error.code, error.rawMessage, asked]).toEqual([
    Code.InvalidArgument,
    'customer_id: must be a UUID',
    0,
  ]);
});

it('asks for the merchant before the handler', async () => {
  let queries = 0;
  const { invoker } = world({
    isMerchant: async () => false,
    query: async () => (queries++, []),
  });
  const error = await caught(unary(invoker, getRfm, incoming(getRfm, request).call));
  expect([error.code, error.rawMessage, queries]).toEqual([
    Code.PermissionDenied,
    'merchant_id: not a valid merchant',
    0,
  ]);
});

it('shows no email to a caller without customers:pii, and none is decrypted', async () => {
  const { invoker } = world({ scopes: ['customers:read'] });
  const reply = await unary(invoker, getCustomer, incoming(getCustomer, request).call);
  expect(reply).toMatchObject({ customer: { customerId: id, email: undefined } });
});

it('tells the caller of the unforeseen an id alone, and logs it with that id', async () => {
  const { invoker, logged, registry } = world({
    query: async () => Promise.reject(new Error('syntax error near ada@example.com')),
  });
  const { call, headers } = incoming(getRfm, request);
  const error = await caught(unary(invoker, getRfm, call));
  expect(error.code).toBe(Code.Internal);
  expect(error.rawMessage).toBe(`internal error, request ${headers['x-request-id']}`);
  expect(logged).toEqual([
    expect.objectContaining({ request_id: headers['x-request-id'], rpc: 'GetCustomerRFM' }),
  ]);
  expect(await registry.metrics()).toMatch(
    /duration_seconds_count\{method="GetCustomerRFM",code="internal"\} 1/,
  );
});

it('logs no error for a fault of the caller that gRPC calls internal', async () => {
  const { invoker, logged } = world({});
  const admitted = await invoker.admit(getRfm, incoming(getRfm, request).call);
  expect(admitted.refuse(noCompression()).code).toBe(Code.Internal);
  expect(logged).toEqual([]);
});

it.each([
  ['the deadline passes', () => ({ deadline: Date.now() + 50 }), Code.DeadlineExceeded],
  ['the caller goes', () => ({ whenGone: (leave: () => void) => void setImmediate(leave) }), Code.Canceled],
])('answers when %s, though the work does not end', async (_, more, code) => {
  const { invoker } = world({ query: () => new Promise<never>(() => undefined) });
  expect((await caught(unary(invoker, getRfm, incoming(getRfm, request, more()).call))).code).toBe(code);
});

it.each<[string, Partial<Call>, Code]>([
  ['the deadline has passed', { deadline: 1 }, Code.DeadlineExceeded],
  ['the caller has gone', { whenGone: (leave) => leave() }, Code.Canceled],
])('begins no work when %s before the call comes', async (_, more, code) => {
  const query = jest.fn(async () => [row] as never[]);
  const { invoker, registry } = world({ query });
  expect((await caught(unary(invoker, getRfm, incoming(getRfm, request, more).call))).code).toBe(code);
  expect(query).not.toHaveBeenCalled();
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});

it('refuses calls beyond its limit at once, and counts work until its end rather than its answer', async () => {
  const { promise, resolve } = Promise.withResolvers<never[]>();
  const { invoker, registry } = world({
    scopes: ['customers:read'],
    query: () => promise,
    mostCalls: 1,
  });
  let leave = () => undefined as void;
  const left = { whenGone: (listener: () => void) => void (leave = listener) };
  const answer = caught(unary(invoker, getCustomer, incoming(getCustomer, request, left).call));
  await new Promise(setImmediate);
  leave();
  expect((await answer).code).toBe(Code.Canceled);
  const refusal = await caught(unary(invoker, getCustomer, incoming(getCustomer, request).call));
  expect([refusal.code, refusal.rawMessage]).toEqual([
    Code.ResourceExhausted,
    '1 calls are under way in this process, try again',
  ]);
  resolve([row] as never[]);
  await new Promise(setImmediate);
  await unary(invoker, getCustomer, incoming(getCustomer, request).call);
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});

it('counts a stream whose reader leaves as cancelled', async () => {
  const watch = methodOf(ImportService.method.watchCustomerImport);
  if (watch.kind !== 'stream') throw new Error('watching is a stream');
  const names = ['read', 'created', 'updated', 'unchanged', 'skipped', 'failed', 'deleted'];
  const counts = Object.fromEntries(names.map((name) => [name, '0']));
  const run = { status: 'running', source: 'auto', mode: 'full', expected: null, ...counts };
  const { invoker, registry } = world({ scopes: ['imports:write'], query: async () => [run] as never[] });
  const { call } = incoming(watch, { merchantId: id, importId: id });
  const admitted = await invoker.admit(watch, call);
  const replies = admitted.run(call.read())[Symbol.asyncIterator]();
  await replies.next();
  await replies.return?.();
  expect(await registry.metrics()).toMatch(/_count\{method="WatchCustomerImport",code="canceled"\} 1/);
  expect(await registry.metrics()).toMatch(/core_calls_in_flight\{process="\d+"\} 0\n/);
});
