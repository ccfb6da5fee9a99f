import { status as grpcStatus } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import { failure, merchant, openApi, post, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => (api = await openApi()));
afterAll(() => api.stop());

const create = async (merchantId: string, email: string): Promise<string> => {
  const { body } = await post(`${api.url}/core.v1.CoreService/CreateCustomer`, { merchantId, email });
  return String(body['customerId']);
};

it.each([
  ['of another row', `(select email from customers where id = $2)`],
  ['of a generation that is not there', `'9' || substr(email, 2) || left($2::text, 0)`],
  ['without a generation', `'ada@example.com' || left($2::text, 0)`],
  ['that was changed', `substr(email, 1, 60) || reverse(substr(email, 61)) || left($2::text, 0)`],
])('a stored email %s is refused, and the caller learns no more than that', async (_, value) => {
  const merchantId = merchant();
  const [customerId, other] = [
    await create(merchantId, 'ada@example.com'),
    await create(merchantId, 'ben@example.com'),
  ];
  await api.owner.query(`update customers set email = ${value} where id = $1`, [customerId, other]);
  const path = `${api.url}/core.v1.CoreService/GetCustomer`;
  const { status, body } = await post(path, { merchantId, customerId, consistency: 'CONSISTENCY_STRONG' });
  expect({ status, body }).toEqual({
    status: 500,
    body: { code: 'internal', message: expect.stringMatching(/^internal error, request [\w-]+$/) },
  });
  expect(
    await failure(
      api.rpc.unary(core.getCustomer, { merchantId, customerId, consistency: Consistency.STRONG }),
    ),
  ).toEqual({
    code: grpcStatus.INTERNAL,
    details: expect.stringMatching(/^internal error, request [\w-]+$/),
  });
});
