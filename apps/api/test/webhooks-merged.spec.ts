import { status, type Metadata } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import { merchant, openApi, post, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

/** Creates a customer that the worker has merged into another. */
async function mergedPair() {
  const merchantId = merchant();
  const create = async (email: string) =>
    (await api.rpc.unary(CoreService.method.createCustomer, { merchantId, email })).customerId;
  const [old, survivor] = [await create('old@example.com'), await create('kept@example.com')];
  await api.owner.query('update customers set deleted_at = now(), merged_into = $2 where id = $1', [
    old,
    survivor,
  ]);
  return { survivor, request: { merchantId, customerId: old, consistency: Consistency.STRONG } };
}

type Request = Awaited<ReturnType<typeof mergedPair>>['request'];
const { getCustomer, getCustomerRFM, updateCustomer } = CoreService.method;

it.each<[string, (request: Request) => Promise<unknown>]>([
  ['GetCustomer', (request) => api.rpc.unary(getCustomer, request)],
  ['GetCustomerRFM', (request) => api.rpc.unary(getCustomerRFM, request)],
  [
    'UpdateCustomer',
    ({ merchantId, customerId }) =>
      api.rpc.unary(updateCustomer, { merchantId, customerId, email: 'new@example.com' }),
  ],
])('names the survivor in the refusal of %s with a merged id, over gRPC', async (_name, call) => {
  const { survivor, request } = await mergedPair();
  const error = await call(request).then(
    () => undefined,
    (err: { code: number; metadata: Metadata }) => err,
  );
  expect(error?.code).toBe(status.NOT_FOUND);
  expect(error?.metadata.get('merged-into')).toEqual([survivor]);
});

it.each(['GetCustomer', 'GetCustomerRFM'])(
  'names the survivor in the refusal of %s with a merged id, over JSON',
  async (name) => {
    const { survivor, request } = await mergedPair();
    const reply = await post(`${api.url}/core.v1.CoreService/${name}`, {
      ...request,
      consistency: 'CONSISTENCY_STRONG',
    });
    expect([reply.status, reply.headers.get('merged-into')]).toEqual([404, survivor]);
  },
);
