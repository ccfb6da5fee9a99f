import { randomBytes, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { create, toBinary, type JsonObject, type JsonValue } from '@bufbuild/protobuf';
import {
  Consistency,
  CoreService,
  CreateCustomerRequestSchema,
  DEEPEST_METADATA,
  externalIdOf,
  LARGEST_METADATA,
} from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction } from '@core/db';
import { upsertCustomers, type CommandContext } from '@core/domain';
import { anImportId, aMerchantId } from '@core/testing';
import { failure, merchant, openApi, post, type TestApi } from './support.ts';

// Every entry point stores and refuses the same metadata, in every spelling: exactly at each limit, and just
// beyond it.

const core = CoreService.method;
let api: TestApi;
const KEYRING = `spec:${randomBytes(32).toString('base64')}`;
beforeAll(async () => void (api = await openApi({ env: { CORE_ENCRYPTION_KEYS: KEYRING } })));
afterAll(() => api?.stop());

const CREATE = 'core.v1.CoreService/CreateCustomer';
let people = 0;
const email = () => `p${people++}@example.com`;
/** Returns JSON with each character of a text escaped, as clients may write non-ASCII characters. */
const escaped = (value: JsonValue): string => {
  if (typeof value === 'string') {
    return `"${Array.from({ length: value.length }, (_, n) => `\\u${value.charCodeAt(n).toString(16).padStart(4, '0')}`).join('')}"`;
  }
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(escaped).join(',')}]`;
  return `{${Object.entries(value)
    .map(([name, each]) => `${escaped(name)}:${escaped(each)}`)
    .join(',')}}`;
};

/** Stores the metadata. @returns 'stored', or the refusal */
type EntryPoint = (merchantId: string, metadata: JsonObject) => Promise<string>;
const detailsOf = (error: { details: string }) => error.details;
const createJson = async (merchantId: string, json: string): Promise<string> => {
  const body = `{"merchantId":"${merchantId}","email":"${email()}","metadata":${json}}`;
  const reply = await post(`${api.url}/${CREATE}`, body);
  return reply.status === 200 ? 'stored' : String(reply.body['message']);
};
const binary = (merchantId: string, metadata: JsonObject) =>
  Buffer.from(
    toBinary(
      CreateCustomerRequestSchema,
      create(CreateCustomerRequestSchema, { merchantId, email: email(), metadata }),
    ),
  );
const send = (body: Buffer, headers: Record<string, string>) =>
  fetch(`${api.url}/${CREATE}`, { method: 'POST', headers, body: new Uint8Array(body) });
const customerOf = async (merchantId: string): Promise<string> => {
  const { customerId } = await api.rpc.unary(core.createCustomer, { merchantId, email: email() });
  return customerId;
};
const context: CommandContext = {
  caller: 'spec',
  requestId: randomUUID(),
  keys: createMerchantKeyStore(parseKeyring(KEYRING)),
};

const ENTRY_POINTS: Record<string, EntryPoint> = {
  'CreateCustomer by gRPC': (merchantId, metadata) =>
    api.rpc
      .unary(core.createCustomer, { merchantId, email: email(), metadata })
      .then(() => 'stored', detailsOf),
  'UpdateCustomer by gRPC': async (merchantId, metadata) => {
    const customerId = await customerOf(merchantId);
    return api.rpc
      .unary(core.updateCustomer, { merchantId, customerId, metadata })
      .then(() => 'stored', detailsOf);
  },
  'CreateCustomer by JSON': (merchantId, metadata) => createJson(merchantId, JSON.stringify(metadata)),
  'CreateCustomer by JSON, escaped': (merchantId, metadata) => createJson(merchantId, escaped(metadata)),
  'UpdateCustomer by JSON, compressed': async (merchantId, metadata) => {
    const customerId = await customerOf(merchantId);
    const body = gzipSync(JSON.stringify({ merchantId, customerId, metadata }));
    const reply = await fetch(`${api.url}/core.v1.CoreService/UpdateCustomer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      body: new Uint8Array(body),
    });
    return reply.ok ? 'stored' : String(((await reply.json()) as { message: unknown }).message);
  },
  'CreateCustomer by Connect in binary': async (merchantId, metadata) => {
    const reply = await send(binary(merchantId, metadata), { 'content-type': 'application/proto' });
    return reply.ok ? 'stored' : String(((await reply.json()) as { message: unknown }).message);
  },
  'CreateCustomer by gRPC-Web': async (merchantId, metadata) => {
    const bytes = binary(merchantId, metadata);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(bytes.length, 1);
    const reply = await send(Buffer.concat([head, bytes]), { 'content-type': 'application/grpc-web+proto' });
    const result = `${reply.headers.get('grpc-message') ?? ''}${await reply.text()}`;
    if (/grpc-status: ?0/.test(result)) return 'stored';
    return /metadata: [^\r\n]*/.exec(decodeURIComponent(result))?.[0] ?? result;
  },
  'an import': async (merchantId, metadata) => {
    const importId = anImportId();
    const customer = {
      externalId: externalIdOf(`${people++}`),
      email: null,
      metadata,
      sourceUpdatedAt: new Date(),
    };
    const { created, failed } = await inTransaction(api.owner, (tx) =>
      upsertCustomers(tx, context, { merchantId: aMerchantId(merchantId), importId, customers: [customer] }),
    );
    if (created === 1) return 'stored';
    const { rows } = await api.owner.query<{ reason: string }>(
      'select reason from customer_import_errors where import_id = $1',
      [importId],
    );
    return `${failed} failed: ${rows[0]?.reason}`;
  },
};

/** Returns metadata of `bytes` bytes as JSON: as many of the values as fit, and a text. */
function ofBytes(bytes: number, unit: number, values: (count: number) => JsonObject): JsonObject {
  const some = values(Math.floor((bytes - 40) / unit));
  const rest = bytes - Buffer.byteLength(JSON.stringify({ ...some, rest: '' }));
  return { ...some, rest: 'x'.repeat(rest) };
}
const list = (value: JsonValue) => (count: number) => ({ a: Array<JsonValue>(count).fill(value) });
const text = (character: string) => (count: number) => ({ a: character.repeat(count) });
const names = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [(n + 1_296).toString(36), 0]));
const OF_BYTES: Record<string, (bytes: number) => JsonObject> = {
  digits: (bytes) => ofBytes(bytes, 2, list(0)),
  objects: (bytes) => ofBytes(bytes, 3, list({})),
  lists: (bytes) => ofBytes(bytes, 3, list([])),
  'lists of a list': (bytes) => ofBytes(bytes, 5, list([[]])),
  'empty texts': (bytes) => ofBytes(bytes, 3, list('')),
  nulls: (bytes) => ofBytes(bytes, 5, list(null)),
  'objects with a digit': (bytes) => ofBytes(bytes, 8, list({ '': 1 })),
  names: (bytes) => ofBytes(bytes, 9, names),
  letters: (bytes) => ofBytes(bytes, 1, text('a')),
  'letters of two bytes': (bytes) => ofBytes(bytes, 2, text('é')),
  'letters of three bytes': (bytes) => ofBytes(bytes, 3, text('あ')),
  emoji: (bytes) => ofBytes(bytes, 4, text('\u{1f600}')),
  'quotation marks': (bytes) => ofBytes(bytes, 2, text('"')),
  'control characters': (bytes) => ofBytes(bytes, 6, text('\u0001')),
};
const nested = (levels: number, inner: (value: JsonValue) => JsonValue): JsonObject => {
  let value: JsonValue = 'x';
  for (let n = 1; n < levels; n++) value = inner(value);
  return { a: value };
};
const LIMITS: [string, [JsonObject, JsonObject], string, string][] = [
  ...Object.entries(OF_BYTES).map(([name, make]): (typeof LIMITS)[number] => [
    `64 KiB of ${name}`,
    [make(LARGEST_METADATA), make(LARGEST_METADATA + 1)],
    'metadata: must be at most 64 KiB as JSON',
    '1 failed: metadata_too_large',
  ]),
  ...[(value: JsonValue) => ({ a: value }), (value: JsonValue) => [value]].map(
    (inner): (typeof LIMITS)[number] => [
      `levels: ${JSON.stringify(inner(0))}`,
      [nested(DEEPEST_METADATA, inner), nested(DEEPEST_METADATA + 1, inner)],
      'metadata: must be nested at most 32 levels deep',
      '1 failed: invalid_metadata',
    ],
  ),
];

describe.each(LIMITS)('%s', (_, [most, beyond], refusal, reason) => {
  it.each(Object.entries(ENTRY_POINTS))('are stored by %s, and one more is refused', async (name, store) => {
    const merchantId = merchant();
    expect(await store(merchantId, most)).toBe('stored');
    const { rows } = await api.owner.query<{ metadata: JsonObject }>(
      'select metadata from customers where merchant_id = $1',
      [merchantId],
    );
    expect(rows.map(({ metadata }) => metadata)).toEqual([most]);
    expect(await store(merchantId, beyond)).toBe(name === 'an import' ? reason : refusal);
  });
});

it('reads and lists stored metadata, and keeps it when another field changes', async () => {
  for (const metadata of Object.values(OF_BYTES).map((make) => make(LARGEST_METADATA))) {
    const merchantId = merchant();
    await ENTRY_POINTS['an import']!(merchantId, metadata);
    const { rows } = await api.owner.query<{ id: string }>(
      'select id from customers where merchant_id = $1',
      [merchantId],
    );
    const ref = { merchantId, customerId: rows[0]!.id };
    await api.rpc.unary(core.updateCustomer, { ...ref, email: email() });
    const byGrpc = await api.rpc.unary(core.getCustomer, { ...ref, consistency: Consistency.STRONG });
    expect(byGrpc.customer?.metadata).toEqual(metadata);
    const byJson = await post(`${api.url}/core.v1.CoreService/GetCustomer`, {
      ...ref,
      consistency: 'CONSISTENCY_STRONG',
    });
    expect((byJson.body['customer'] as JsonObject)['metadata']).toEqual(metadata);
    await api.replicated();
    const { customers } = await api.rpc.unary(core.listCustomers, { merchantId });
    expect(customers.map((each) => each.metadata)).toEqual([metadata]);
  }
});

it('refuses a request beyond the byte limit of its method', async () => {
  const metadata = { a: 'x'.repeat(500_000) };
  const refusal = /^the request has more than 401408 bytes, the maximum for this method$/;
  expect(await createJson(merchant(), JSON.stringify(metadata))).toMatch(refusal);
  const call = api.rpc.unary(core.createCustomer, { merchantId: merchant(), email: email(), metadata });
  expect((await failure(call)).details).toMatch(refusal);
});
