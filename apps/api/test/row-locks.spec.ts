import { fromBinary, type Message } from '@bufbuild/protobuf';
import { status, type ServiceError } from '@grpc/grpc-js';
import { Client } from 'pg';
import { CoreService } from '@core/contracts';
import { RetryInfoSchema, StatusSchema } from '@core/contracts/grpc';
import { waitUntil } from '@core/testing';
import { merchant, openApi, post, type TestApi } from './support.ts';

const { createCustomer, updateCustomer, getProgramSettings, updateProgramSettings } = CoreService.method;
/** Longer than the timeout of a lock wait, shorter than that of a statement. */
const LIMIT_MS = 15_000;

let api: TestApi;
let foreign: Client;
beforeAll(async () => {
  api = await openApi();
  foreign = new Client(api.owner.options.connectionString as string);
  await foreign.connect();
});
afterEach(() => foreign.query('rollback'));
afterAll(async () => {
  await foreign?.end();
  await api?.stop();
});

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: ServiceError) => error,
  );

function retryDelayOf(error: ServiceError): number {
  const [bytes] = error.metadata.get('grpc-status-details-bin');
  const rich = fromBinary(StatusSchema, bytes as Buffer) as Message & { details: { value: Uint8Array }[] };
  const { retryDelay } = fromBinary(RetryInfoSchema, rich.details[0]!.value) as Message & {
    retryDelay?: { seconds: bigint; nanos: number };
  };
  return Number(retryDelay!.seconds) * 1_000 + retryDelay!.nanos / 1e6;
}

const ref = async () => {
  const merchantId = merchant();
  const { customerId } = await api.rpc.unary(createCustomer, { merchantId, email: 'eve@example.com' });
  return { merchantId, customerId };
};

it('refuses an update of a locked row within seconds, with the time to wait, and loses no data', async () => {
  const held = await ref();
  await foreign.query('begin');
  await foreign.query(
    `update customers set metadata = '{"by": "others"}', version = version + 1 where id = $1`,
    [held.customerId],
  );
  const startedAt = performance.now();
  const refused = failureOf(api.rpc.unary(updateCustomer, { ...held, email: 'ada@example.com' }));
  const overHttp = post(`${api.url}/core.v1.CoreService/UpdateCustomer`, {
    ...held,
    email: 'ada@example.com',
  });
  // The writes of other customers continue.
  const other = await ref();
  await api.rpc.unary(updateCustomer, { ...other, email: 'bob@example.com' });

  const error = await refused;
  expect([error.code, error.details]).toEqual([
    status.UNAVAILABLE,
    expect.stringMatching(/^another transaction holds the same rows, request \S+, try again$/),
  ]);
  expect(retryDelayOf(error)).toBe(1_000);
  expect(error.metadata.get('retry-after')).toEqual(['1']);
  const reply = await overHttp;
  expect([reply.status, reply.headers.get('retry-after'), reply.body]).toEqual([
    503,
    '1',
    expect.objectContaining({
      code: 'unavailable',
      details: [expect.objectContaining({ type: 'google.rpc.RetryInfo' })],
    }),
  ]);
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);

  await foreign.query('commit');
  const { customer } = await api.rpc.unary(updateCustomer, { ...held, email: 'ada@example.com' });
  expect(customer).toMatchObject({ metadata: { by: 'others' }, version: 3 });
});

it('continues automatically when the lock is released in time', async () => {
  const held = await ref();
  await foreign.query('begin');
  await foreign.query('select from customers where id = $1 for update', [held.customerId]);
  const updated = api.rpc.unary(updateCustomer, { ...held, email: 'cy@example.com' });
  await waitUntil(
    async () =>
      (await api.owner.query(`select from pg_locks where not granted and pid <> pg_backend_pid()`))
        .rowCount! > 0,
    { what: 'the update to wait' },
  );
  await foreign.query('commit');
  expect((await updated).customer).toMatchObject({ version: 2 });
});

type Held = [
  what: string,
  statement: string,
  call: (of: Awaited<ReturnType<typeof ref>>) => Promise<unknown>,
];
it.each<Held>([
  [
    'the external id',
    `insert into customers (id, merchant_id, external_id) values (gen_random_uuid(), $1, 'gid://shopify/Customer/99')`,
    ({ merchantId }) =>
      api.rpc.unary(createCustomer, {
        merchantId,
        email: 'fay@example.com',
        externalId: 'gid://shopify/Customer/99',
      }),
  ],
  [
    'the whole table',
    `do 'begin lock table customers in access exclusive mode; end' -- $1`,
    ({ merchantId }) => api.rpc.unary(createCustomer, { merchantId, email: 'dan@example.com' }),
  ],
  [
    'the settings',
    `insert into program_settings (merchant_id, rfm_thresholds) values ($1, '{}')`,
    async ({ merchantId }) => {
      const { settings } = await api.rpc.unary(getProgramSettings, { merchantId });
      await api.rpc.unary(updateProgramSettings, { merchantId, rfmThresholds: settings!.rfmThresholds! });
    },
  ],
])('is refused as quickly when another transaction locks %s', async (_what, statement, call) => {
  const of = await ref();
  await foreign.query('begin');
  await foreign.query(statement.includes('-- $1') ? statement : { text: statement, values: [of.merchantId] });
  const startedAt = performance.now();
  const error = await failureOf(call(of));
  expect([error.code, retryDelayOf(error)]).toEqual([status.UNAVAILABLE, 1_000]);
  expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
  await foreign.query('rollback');
  await call(of);
});
