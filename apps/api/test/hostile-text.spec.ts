import type { DescMessage, DescMethodUnary, MessageInitShape } from '@bufbuild/protobuf';
import { status } from '@grpc/grpc-js';
import { Consistency, CoreService, ImportService, PrivacyService } from '@core/contracts';
import type { App, Stack } from '@core/stack';
import { grpcClient, type GrpcClient } from '@core/testing';
import { failure, merchant, startApiStack } from './support.ts';

// Runs the API in its own process: a blocked event loop then shows as a missed deadline instead of a hung
// test.
const core = CoreService.method;
const imports = ImportService.method;
const privacy = PrivacyService.method;
/**
 * The longest text in a request of 8 KiB: a longer request is refused by its size, before any field is read.
 */
const LONG = 7_000;

let stack: Stack;
let api: App;
let rpc: GrpcClient;
beforeAll(async () => {
  stack = await startApiStack();
  api = await stack.start('api', { env: { CORE_API_PROCESSES: '1' } });
  rpc = grpcClient(api.target);
}, 240_000);
afterAll(async () => {
  rpc?.close();
  await api?.child.kill();
  await stack?.stop();
});

const merchantId = merchant();
const customerId = '018f4e1c-0000-7000-8000-00000000000a';
const schedule = { merchantId, shop: 'a.myshopify.com', cron: '0 3 * * *', timeZone: 'UTC' };

type Call = readonly [field: string, what: string, run: (timeoutMs: number) => Promise<unknown>];
const call = <I extends DescMessage, O extends DescMessage>(
  field: string,
  what: string,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
): Call => [field, what, (timeoutMs) => rpc.unary(method, request, { timeoutMs })];

const cron = (what: string, value: string) =>
  call('cron', what, imports.setImportSchedule, { ...schedule, cron: value });
const zone = (what: string, value: string) =>
  call('time_zone', what, imports.setImportSchedule, { ...schedule, timeZone: value });
const email = (what: string, value: string) =>
  call('email', what, core.createCustomer, { merchantId, email: value });
const shop = (what: string, value: string) =>
  call('shop', what, imports.startCustomerImport, { merchantId, shop: value });

const HOSTILE: Call[] = [
  cron('60 digits', `${'0'.repeat(60)}x 3 * * *`),
  cron('60 digits, five times', `${'1'.repeat(60)} `.repeat(5)),
  cron('as many digits as fit', `${'1'.repeat(200)}x * * * *`),
  cron('commas', `${','.repeat(LONG)} 3 * * *`),
  cron('a long list', `${'0,'.repeat(LONG / 2)}0 3 * * *`),
  cron('names of months', `0 3 1 ${'jan'.repeat(60)}! *`),
  cron('a long step', `0 */${'9'.repeat(180)} * * *`),
  cron('only blanks', ' '.repeat(LONG)),
  cron('blanks between', `0${' '.repeat(LONG)}3 * * *`),
  zone('letters', 'a'.repeat(LONG)),
  zone('slashes', 'a/'.repeat(LONG / 2)),
  zone('blanks', `${' '.repeat(LONG)}x`),
  email('dots', `${'a.'.repeat(LONG / 2)}@example.com`),
  email('@', '@'.repeat(LONG)),
  email('pairs of a and @', 'a@'.repeat(LONG / 2)),
  email('blanks', `${' '.repeat(LONG)}a b@example.com`),
  email('letters that grow when they are normalized', '\ufdfa'.repeat(LONG / 4)),
  shop('hyphens', `a${'-'.repeat(LONG)}.myshopify.com`),
  shop('dots', 'a.'.repeat(LONG / 2)),
  shop('blanks', `${' '.repeat(LONG)}example.com`),
  call('merchant_id', 'digits', core.getCustomerRFM, { merchantId: '0'.repeat(LONG), customerId }),
  call('customer_id', 'hyphens', core.getCustomerRFM, { merchantId, customerId: '0-'.repeat(LONG / 2) }),
  call('external_id', 'letters', core.createCustomer, {
    merchantId,
    email: 'ada@example.com',
    externalId: 'x'.repeat(LONG),
  }),
  call('access_token', 'letters', imports.connectShop, {
    merchantId,
    shop: 'a.myshopify.com',
    accessToken: 'x'.repeat(LONG),
  }),
  call('page_token', 'letters', core.listCustomers, { merchantId, pageToken: 'x'.repeat(LONG) }),
  call('filter.segment', 'letters', core.listCustomers, {
    merchantId,
    filter: { segment: 'x'.repeat(LONG) },
  }),
  call('etag', 'digits', core.updateProgramSettings, {
    merchantId,
    rfmThresholds: {},
    etag: '1'.repeat(LONG),
  }),
  call('consistency_token', 'digits', core.getCustomerRFM, {
    merchantId,
    customerId,
    consistency: Consistency.AT_LEAST,
    consistencyToken: '1'.repeat(LONG),
  }),
  call('request_id', 'letters', privacy.getPrivacyRequest, { merchantId, requestId: 'x'.repeat(LONG) }),
];

const timed = async <T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> => {
  const begun = performance.now();
  return { value: await work(), ms: performance.now() - begun };
};
const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1] ?? 0;

it.each(HOSTILE)('refuses a hostile %s (%s) quickly, naming the field', async (field, _what, run) => {
  const refusal = await failure(run(10_000));
  expect(refusal.code).toBe(status.INVALID_ARGUMENT);
  // Settings are validated in the order of their fields, and these also have other invalid fields.
  if (field !== 'etag') expect(refusal.details).toMatch(new RegExp(`^${field.replaceAll('.', '\\.')}: `));
});

it('takes no longer to refuse hostile text than other invalid text', async () => {
  const ordinary = () => failure(rpc.unary(imports.setImportSchedule, { ...schedule, cron: 'x' }));
  const samples = 15;
  const usual: number[] = [];
  const slowest: [number, string][] = [];
  for (let n = 0; n < samples; n++) usual.push((await timed(ordinary)).ms);
  for (const [field, what, run] of HOSTILE) {
    const times: number[] = [];
    for (let n = 0; n < samples; n++) times.push((await timed(() => failure(run(10_000)))).ms);
    slowest.push([median(times), `${field}: ${what}`]);
  }
  slowest.sort(([a], [b]) => b - a);
  // A message of 200 kB spends most of the time in two sockets; catastrophic backtracking takes seconds.
  expect({ slowest: slowest[0], least: true }).toEqual({
    slowest: [expect.any(Number), expect.any(String)],
    least: (slowest[0]?.[0] ?? Infinity) < median(usual) * 10 + 50,
  });
}, 110_000);
