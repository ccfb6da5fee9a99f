import { status } from '@grpc/grpc-js';
import type { JsonObject } from '@bufbuild/protobuf';
import { Consistency, CoreService, DEEPEST_METADATA, readJson } from '@core/contracts';
import { failure, merchant, openApi, post, type TestApi } from './support.ts';

// The same values can be stored over gRPC and over Connect, and both return them as stored.
const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

const url = (rpc: string, service = 'Core') => `${api.url}/core.v1.${service}Service/${rpc}`;
let people = 0;
const email = () => `p${people++}@example.com`;
/** Sends the metadata as JSON text, with numbers and escapes that JavaScript values cannot represent. */
const createByJson = (merchantId: string, json: string) =>
  post(url('CreateCustomer'), `{"merchantId":"${merchantId}","email":"${email()}","metadata":${json}}`);
const nested = (levels: number): JsonObject => {
  let value: JsonObject = { a: 'x' };
  for (let n = 1; n < levels; n++) value = { a: value };
  return value;
};
/** Reads the metadata over gRPC and over JSON. */
const readBack = async (merchantId: string, customerId: string): Promise<unknown[]> => {
  const ref = { merchantId, customerId };
  const { customer } = await api.rpc.unary(core.getCustomer, { ...ref, consistency: Consistency.STRONG });
  const byJson = await post(url('GetCustomer'), { ...ref, consistency: 'CONSISTENCY_STRONG' });
  return [customer?.metadata, (byJson.body['customer'] as { metadata?: unknown }).metadata].map((each) =>
    JSON.stringify(each),
  );
};

it.each<[string, string, string]>([
  ['a text that looks like an escape', '{"a":"\\\\ud83d \\\\u0000"}', '{"a":"\\\\ud83d \\\\u0000"}'],
  ['an escaped surrogate pair', '{"a":"\\ud83d\\ude00"}', '{"a":"\u{1f600}"}'],
  ['__proto__ as a name', '{"__proto__":{"__proto__":1}}', '{"__proto__":{"__proto__":1}}'],
  ['an empty name', '{"":""}', '{"":""}'],
  ['a long name', `{"${'x'.repeat(60_000)}":1}`, `{"${'x'.repeat(60_000)}":1}`],
  [
    'the maximum number of levels',
    JSON.stringify(nested(DEEPEST_METADATA)),
    JSON.stringify(nested(DEEPEST_METADATA)),
  ],
  ['a number beyond 2^53', '{"a":9007199254740993}', '{"a":9007199254740992}'],
  ['a negative zero', '{"a":-0}', '{"a":0}'],
  ['spellings of 0.1', '{"a":[0.10,1e-1,0.1000000000000000055]}', '{"a":[0.1,0.1,0.1]}'],
  ['numbers with an exponent', '{"a":[1e300,-1.5e-7,5e-324]}', '{"a":[1e+300,-1.5e-7,5e-324]}'],
])('stores %s, with the same result over both protocols', async (_, json, stored) => {
  const merchantId = merchant();
  const { status: code, body } = await createByJson(merchantId, json);
  expect([code, body['message']]).toEqual([200, undefined]);
  expect(await readBack(merchantId, body['customerId'] as string)).toEqual([stored, stored]);
  const metadata = JSON.parse(json) as JsonObject;
  const { customerId } = await api.rpc.unary(core.createCustomer, { merchantId, email: email(), metadata });
  expect(await readBack(merchantId, customerId)).toEqual([stored, stored]);
  await api.rpc.unary(core.updateCustomer, { merchantId, customerId, metadata: {} });
  await api.rpc.unary(core.updateCustomer, { merchantId, customerId, metadata });
  expect(await readBack(merchantId, customerId)).toEqual([stored, stored]);
});

it.each([
  ['{"a1":0,"\\\\":1}', '{"a1":0,"\\n":1}'],
  ['{"a2":0,"\\\\u":1}', '{"a2":0,"\\u00e9x":1}'],
  ['{"a3":0,"\\\\ud83d":1}', '{"a3":0,"\\ud83d\\ude00abcd":1}'],
])('stores, after %s, %s with its own names', async (before, json) => {
  const merchantId = merchant();
  for (const each of [before, json]) {
    const { body } = await createByJson(merchantId, each);
    const customerId = body['customerId'] as string;
    const ref = { merchantId, customerId, consistency: Consistency.STRONG };
    const { customer } = await api.rpc.unary(core.getCustomer, ref);
    expect(Object.entries(customer!.metadata!).sort()).toEqual(
      Object.entries(readJson(each) as object).sort(),
    );
  }
});

const CHARACTERS = 'metadata: must not contain NUL or an unpaired surrogate';
const NUMBERS = 'metadata: must contain only finite numbers: 1e400 and NaN cannot be stored';
const LEVELS = 'metadata: must be nested at most 32 levels deep';

it.each([
  ['NUL', '{"a":"x\\u0000"}', CHARACTERS],
  ['NUL in a name', '{"a":{"\\u0000":1}}', CHARACTERS],
  ['half a surrogate pair', '{"a":["\\ud83d"]}', CHARACTERS],
  ['the other half of a pair', '{"a":"\\ude00"}', CHARACTERS],
  ['half a surrogate pair in a name', '{"\\ud83dx":1}', CHARACTERS],
  ['1e400', '{"n":1e400}', NUMBERS],
  ['nested -1e400', '{"a":[{"n":-1e400}]}', NUMBERS],
  ['1e400 as digits', `{"n":1${'0'.repeat(400)}}`, NUMBERS],
  ['one level more', JSON.stringify(nested(DEEPEST_METADATA + 1)), LEVELS],
  ['more levels than are decoded', JSON.stringify(nested(120)), LEVELS],
  ['more levels than a stack has', `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`, LEVELS],
  [
    'numbers that are longer when stored',
    `{"a":[${Array(300).fill('1e300').join(',')}]}`,
    'metadata: must be at most 64 KiB as JSON',
  ],
])('refuses %s as JSON, naming metadata', async (_, json, message) => {
  const merchantId = merchant();
  for (const reply of [
    await createByJson(merchantId, json),
    await post(
      url('UpdateCustomer'),
      `{"merchantId":"${merchantId}","customerId":"${merchant()}","metadata":${json}}`,
    ),
  ])
    expect([reply.status, reply.body]).toEqual([400, { code: 'invalid_argument', message }]);
});

it.each<[string, JsonObject, string]>([
  ['NaN', { n: NaN }, NUMBERS],
  ['nested infinity', { a: [{ n: -Infinity }] }, NUMBERS],
  ['NUL', { a: '\0' }, CHARACTERS],
  ['NUL in a name', { '\0': 1 }, CHARACTERS],
  ['one level more', nested(DEEPEST_METADATA + 1), LEVELS],
  ['more levels than are decoded', nested(60), LEVELS],
  ['more levels and a long text', { a: nested(40), b: 'x'.repeat(20_000) }, LEVELS],
])('refuses %s by gRPC, naming metadata', async (_, metadata, details) => {
  const merchantId = merchant();
  const refusal = { code: status.INVALID_ARGUMENT, details };
  for (const call of [
    api.rpc.unary(core.createCustomer, { merchantId, email: email(), metadata }),
    api.rpc.unary(core.updateCustomer, { merchantId, customerId: merchant(), metadata }),
  ])
    expect(await failure(call)).toEqual(refusal);
});

it('refuses a body that is not UTF-8', async () => {
  const body = Buffer.from(`{"merchantId":"${merchant()}","email":"${email()}","metadata":{"a":"?"}}`);
  body[body.indexOf('?')] = 0xff;
  const reply = await fetch(url('CreateCustomer'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
  expect([reply.status, await reply.json()]).toEqual([
    400,
    { code: 'invalid_argument', message: 'the request is not UTF-8' },
  ]);
});

/**
 * Decoding the JSON detects half of a surrogate pair; its error names the field with its message and without
 * its path.
 */
const fieldIn = (message: unknown): string | undefined =>
  /^cannot decode field [\w.]+\.(\w+) from JSON$/.exec(String(message))?.[1] ??
  String(message).split(': ')[0];
const namesOf = (field: string): string[] => [
  field,
  field.replace(/\[\d\]$/, ''),
  field.replace(/^.*\./, '').replace(/\[\d\]$/, ''),
];

const customer = { customerId: '018f4e1c-0000-7000-8000-00000000000a' };
const schedule = { shop: 'a.myshopify.com', cron: '0 3 * * *', timeZone: 'UTC' };
const importId = customer.customerId;
it.each<[string, string, (text: string) => object]>([
  ['external_id', 'Core/CreateCustomer', (externalId) => ({ email: 'a@example.com', externalId })],
  ['external_id', 'Core/UpdateCustomer', (externalId) => ({ ...customer, externalId })],
  ['email', 'Core/CreateCustomer', (text) => ({ email: `${text}@example.com` })],
  ['email', 'Core/FindCustomerByEmail', (text) => ({ email: `${text}@example.com` })],
  ['customer_id', 'Core/GetCustomer', (customerId) => ({ customerId })],
  ['customer_ids[0]', 'Core/BatchGetCustomerRFM', (text) => ({ customerIds: [text] })],
  ['consistency_token', 'Core/GetCustomerRFM', (consistencyToken) => ({ ...customer, consistencyToken })],
  ['filter.segment', 'Core/ListCustomers', (segment) => ({ filter: { segment } })],
  ['page_token', 'Core/ListCustomers', (pageToken) => ({ pageToken })],
  ['page_token', 'Privacy/ListAuditLog', (pageToken) => ({ pageToken })],
  ['shop', 'Import/StartCustomerImport', (text) => ({ shop: `${text}.myshopify.com` })],
  ['access_token', 'Import/ConnectShop', (accessToken) => ({ shop: schedule.shop, accessToken })],
  ['cron', 'Import/SetImportSchedule', (cron) => ({ ...schedule, cron })],
  ['time_zone', 'Import/SetImportSchedule', (timeZone) => ({ ...schedule, timeZone })],
  ['reason', 'Import/ListCustomerImportErrors', (reason) => ({ importId, reason })],
  ['request_id', 'Privacy/GetErasureReceipt', (requestId) => ({ requestId })],
  ['request_id', 'Privacy/ExportCustomerData', (requestId) => ({ requestId })],
])('refuses a character that cannot be stored, in %s of %s', async (field, rpc, request) => {
  const [service, name] = rpc.split('/') as [string, string];
  for (const text of ['\0', 'a\0b', '\ud83d', 'a\ude00']) {
    const { status: code, body } = await post(url(name, service), {
      merchantId: merchant(),
      ...request(text),
    });
    expect([code, body['code']]).toEqual([400, 'invalid_argument']);
    expect(namesOf(field)).toContain(fieldIn(body['message']));
  }
});

it.each([
  ['"name":"CHAMPIONS"', '"name":"a\\u0000"', 'rfm_thresholds.segments[0].name'],
  ['"name":"CHAMPIONS"', '"name":"\\ud83d"', 'rfm_thresholds.segments[0].name'],
  ['"fallbackSegment":"PROSPECTS"', '"fallbackSegment":"\\ude00"', 'rfm_thresholds.fallback_segment'],
  ['"monetaryAmount":[', '"monetaryAmount":[1e400,', 'rfm_thresholds.monetary_amount[0]'],
  ['"monetaryAmount":[', '"monetaryAmount":["NaN",', 'rfm_thresholds.monetary_amount[0]'],
])('refuses in the settings, in place of %s, %s', async (given, broken, field) => {
  const merchantId = merchant();
  const { body } = await post(url('GetProgramSettings'), { merchantId });
  const { rfmThresholds } = body['settings'] as { rfmThresholds: object };
  const json = JSON.stringify({ merchantId, rfmThresholds });
  expect(json).toContain(given);
  const reply = await post(url('UpdateProgramSettings'), json.replace(given, broken));
  expect([reply.status, reply.body['code']]).toEqual([400, 'invalid_argument']);
  expect(namesOf(field)).toContain(fieldIn(reply.body['message']));
});
