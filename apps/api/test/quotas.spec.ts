import { once } from 'node:events';
import * as http2 from 'node:http2';
import { fromBinary, type Message } from '@bufbuild/protobuf';
import * as grpc from '@grpc/grpc-js';
import { CoreService, ImportService } from '@core/contracts';
import { RetryInfoSchema, StatusSchema } from '@core/contracts/grpc';
import { createSharedPolls } from '@core/runtime';
import { aMerchantId, grpcClient, waitUntil, type GrpcClient } from '@core/testing';
import type { Caller, Scope } from '../src/rpc-context/context.ts';
import { METHODS } from '../src/methods.ts';
import { ids, openBareServers, RFM_PATH, type BareServers } from './bare-servers.ts';
import { failure, post } from './support.ts';

const rfm = CoreService.method.getCustomerRFM;
const watch = ImportService.method.watchCustomerImport;
const other = { ...ids, merchantId: '018f4e1c-0000-7000-8000-0000000000ff' };
const importOf = ({ merchantId }: { merchantId: string }) => ({ merchantId, importId: ids.customerId });

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Reads the caller from the header `x-caller: name` or `name of merchant`. */
const identify = ({ header }: { header(name: string): string | undefined }): Caller => {
  const [caller = '', boundTo] = (header('x-caller') ?? 'spec').split(' of ');
  const scopes = new Set<Scope>(['rfm:read', 'imports:write']);
  return boundTo === undefined ? { caller, scopes } : { caller, scopes, boundTo: aMerchantId(boundTo) };
};
let stopping: AbortController;
async function open(options: Parameters<typeof openBareServers>[0] = {}): Promise<BareServers> {
  stopping = new AbortController();
  const servers = await openBareServers({
    identify,
    deps: {
      stopping: stopping.signal,
      // Sends nothing until its watcher disconnects.
      watchImport: createSharedPolls(
        () => 'one',
        () => async () => undefined,
        { name: 'look at one', everyMs: 1_000, leastMs: 0 },
      ),
    },
    ...options,
  });
  closers.push(() => (stopping.abort(), servers.stop()));
  return servers;
}
function client({ grpcPort }: BareServers): GrpcClient {
  const rpc = grpcClient(`127.0.0.1:${grpcPort}`);
  closers.push(() => rpc.close());
  return rpc;
}
const as = (caller: string) => ({ metadata: { 'x-caller': caller } });
const refusedTotal = async (servers: BareServers, of: string, limit: string) =>
  Number(
    new RegExp(`core_calls_refused_total\\{of="${of}",limit="${limit}"\\} (\\d+)`).exec(
      await servers.metrics(),
    )?.[1] ?? 0,
  );

interface Retry extends Message {
  retryDelay?: { seconds: bigint; nanos: number };
}
interface RichStatus extends Message {
  code: number;
  message: string;
  details: { typeUrl: string; value: Uint8Array }[];
}

it('refuses a gRPC call with google.rpc.RetryInfo in its trailers', async () => {
  const servers = await open({ callerQuota: { score_reads: 1 } });
  const rpc = client(servers);
  await rpc.unary(rfm, ids);
  const error = await rpc.unary(rfm, ids).then(
    () => Promise.reject(new Error('the call succeeded')),
    (thrown: grpc.ServiceError) => thrown,
  );
  expect(error.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const rich = fromBinary(StatusSchema, bytes as Buffer) as RichStatus;
  expect([rich.code, rich.message, rich.details.length]).toEqual([8, error.details, 1]);
  expect(rich.details[0]!.typeUrl).toBe('type.googleapis.com/google.rpc.RetryInfo');
  const { retryDelay } = fromBinary(RetryInfoSchema, rich.details[0]!.value) as Retry;
  const ms = Number(retryDelay!.seconds) * 1_000 + retryDelay!.nanos / 1e6;
  expect(ms).toBeGreaterThan(0);
  expect(ms).toBeLessThanOrEqual(1_000);
  expect(await refusedTotal(servers, 'caller', 'score_reads')).toBe(1);
});

it('refuses a call over HTTP with Retry-After and google.rpc.RetryInfo', async () => {
  const servers = await open({ callerQuota: { score_reads: 1 } });
  await post(servers.url + RFM_PATH, ids);
  const refusal = await post(servers.url + RFM_PATH, ids);
  expect(refusal).toMatchObject({ status: 429, body: { code: 'resource_exhausted' } });
  expect(refusal.headers.get('retry-after')).toBe('1');
  const [detail] = refusal.body['details'] as { type: string; value: string; debug: unknown }[];
  expect(detail!.type).toBe('google.rpc.RetryInfo');
  const { retryDelay } = fromBinary(RetryInfoSchema, Buffer.from(detail!.value, 'base64')) as Retry;
  const nanos = Number(retryDelay!.seconds) * 1e9 + retryDelay!.nanos;
  expect(nanos).toBeGreaterThan(0);
  const inJson = { retryDelay: expect.stringMatching(/^\d+(\.(\d{3}){1,3})?s$/) };
  expect(detail!.debug).toEqual(inJson);
  expect(parseFloat((detail!.debug as { retryDelay: string }).retryDelay) * 1e9).toBeCloseTo(nanos, -3);
});

it('returns the time to wait when the process is full, too', async () => {
  const servers = await open({ maxCalls: 1 });
  const gate = Promise.withResolvers<void>();
  servers.hold = gate.promise;
  const held = post(servers.url + RFM_PATH, ids);
  await waitUntil(async () => (await servers.inFlight()) === 1, { what: 'a call' });
  const refusal = await post(servers.url + RFM_PATH, ids);
  expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([429, '1']);
  expect(refusal.body['details']).toMatchObject([{ type: 'google.rpc.RetryInfo' }]);
  expect(await refusedTotal(servers, 'process', 'in_flight')).toBe(1);
  gate.resolve();
  await held;
});

it('keeps the watches of one merchant from affecting others', async () => {
  const servers = await open({ maxCalls: 100, maxStreams: 100, merchantQuota: { streams: 20 } });
  const bound = as(`shop of ${ids.merchantId}`);
  const refusals: number[] = [];
  const held: ReturnType<AsyncIterable<unknown>[typeof Symbol.asyncIterator]>[] = [];
  for (let connection = 0; connection < 5; connection++) {
    const rpc = client(servers);
    for (let n = 0; n < 50; n++) {
      const watching = rpc.stream(watch, importOf(ids), bound)[Symbol.asyncIterator]();
      held.push(watching);
      watching.next().catch(({ code }: grpc.ServiceError) => refusals.push(code));
    }
  }
  await waitUntil(() => refusals.length === 230, { what: '230 of 250 watches to be refused' });
  expect(new Set(refusals)).toEqual(new Set([grpc.status.RESOURCE_EXHAUSTED]));
  expect(await refusedTotal(servers, 'merchant', 'streams')).toBe(230);

  // Another merchant's watch and calls are admitted.
  const another = client(servers);
  const watching = another.stream(watch, importOf(other), as(`shop of ${other.merchantId}`));
  const ended = failure(watching[Symbol.asyncIterator]().next());
  await another.unary(rfm, other, as(`shop of ${other.merchantId}`));
  await another.unary(rfm, ids, bound); // calls of the same merchant are admitted too
  await waitUntil(async () => /core_streams_in_flight\{process="\d+"\} 21\n/.test(await servers.metrics()), {
    what: '21 streams',
  });
  expect(await servers.inFlight()).toBe(0);
  stopping.abort();
  expect(await ended).toMatchObject({ details: 'the server is shutting down; watch again' });
});

it('keeps streams from using the slots of calls', async () => {
  const servers = await open({ maxCalls: 1, maxStreams: 1 });
  const rpc = client(servers);
  const held = rpc.stream(watch, importOf(ids))[Symbol.asyncIterator]();
  void held.next().catch(() => undefined);
  await waitUntil(async () => /core_streams_in_flight\{process="\d+"\} 1\n/.test(await servers.metrics()), {
    what: 'a stream',
  });
  await rpc.unary(rfm, ids);
  const more = rpc.stream(watch, importOf(ids))[Symbol.asyncIterator]().next();
  expect(await failure(more)).toMatchObject({ code: grpc.status.RESOURCE_EXHAUSTED });
});

it('refuses only the caller that exceeds its quota', async () => {
  const servers = await open({ callerQuota: { score_reads: 100, in_flight: 50 } });
  const [greedy, modest] = [client(servers), client(servers)];
  const outcomes = Array.from({ length: 1_000 }, () =>
    failure(greedy.unary(rfm, ids, as('greedy'))).then(({ code }) => code),
  );
  for (let n = 0; n < 50; n++) await modest.unary(rfm, other, as('modest'));
  const codes = await Promise.all(outcomes);
  const refused = codes.filter((code) => code === grpc.status.RESOURCE_EXHAUSTED).length;
  expect(refused + codes.filter((code) => code === 0).length).toBe(1_000);
  expect(refused).toBeGreaterThan(100);
});

it('answers a refused call once its request has arrived, so that no stream is reset', async () => {
  const servers = await open({ callerQuota: { score_reads: 1 } });
  await client(servers).unary(rfm, ids);
  const session = http2.connect(`http://127.0.0.1:${servers.grpcPort}`);
  closers.push(() => session.destroy());
  const stream = session.request({
    ':method': 'POST',
    ':path': RFM_PATH,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  let answer: http2.IncomingHttpHeaders | undefined;
  stream.on('response', (headers) => (answer = headers));
  const ping = () => new Promise((resolve) => session.ping(resolve));
  for (let n = 0; n < 3; n++) await ping();
  expect(answer).toBeUndefined();
  stream.end(Buffer.from([0, 0, 0, 0, 0])).resume();
  await once(stream, 'close');
  expect([answer?.['grpc-status'], stream.rstCode]).toEqual(['8', http2.constants.NGHTTP2_NO_ERROR]);
});

it('assigns every method the cost class of its work', () => {
  const costOf = (name: string) => METHODS.find(({ desc }) => desc.name === name)!.cost;
  expect(Object.fromEntries(METHODS.map(({ desc, cost }) => [desc.name, cost]))).toMatchObject({
    GetCustomerRFM: 'score_reads',
    BatchGetCustomerRFM: 'score_reads',
    GetRfmDistribution: 'exports',
    ExportCustomerData: 'exports',
    ExportSegment: 'exports',
    ListCustomers: 'reads',
    WatchCustomerImport: 'reads',
    CreateCustomer: 'writes',
    ConnectShop: 'writes',
  });
  for (const { desc } of METHODS) {
    if (/^(Create|Update|Set|Delete|Start|Cancel|Resume|Connect)/.test(desc.name)) {
      expect([desc.name, costOf(desc.name)]).toEqual([desc.name, 'writes']);
    }
  }
});

it('counts a batch by its size', async () => {
  const servers = await open({ callerQuota: { score_reads: 10 } });
  const rpc = client(servers);
  const batch = {
    merchantId: ids.merchantId,
    customerIds: Array.from({ length: 1_000 }, () => ids.customerId),
  };
  // The bare servers cannot answer this batch; its cost is counted nevertheless.
  await failure(rpc.unary(CoreService.method.batchGetCustomerRFM, batch));
  const refusal = await failure(rpc.unary(rfm, ids));
  expect(refusal.code).toBe(grpc.status.RESOURCE_EXHAUSTED);
});
