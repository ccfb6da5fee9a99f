import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { ValidateMerchantRequestSchema, ValidateMerchantResponseSchema } from '@core/contracts';
import * as grpc from '@grpc/grpc-js';
import { startAuthStandIn } from '../src/auth/index.ts';
import type { AuthStandIn, AuthStandInOptions } from '../src/auth/index.ts';

const SERVICE = '/auth.v1.AuthService/ValidateMerchant';
const LITERAL = '/auth.v1/ValidateMerchant';
const MERCHANT = '0197a000-0000-7000-8000-000000000001';
const { OK, INVALID_ARGUMENT, UNAVAILABLE, UNIMPLEMENTED } = grpc.status;

let standIn: AuthStandIn;
let client: grpc.Client;
const start = async (options?: AuthStandInOptions) => {
  standIn = await startAuthStandIn(options);
  client = new grpc.Client(standIn.address, grpc.credentials.createInsecure());
};
afterEach(async () => {
  client.close();
  await standIn.close();
});

const call = (merchantId: string, path = SERVICE) =>
  new Promise<{ code: number; valid?: boolean }>((resolve) => {
    client.makeUnaryRequest(
      path,
      (request: string) =>
        Buffer.from(
          toBinary(
            ValidateMerchantRequestSchema,
            create(ValidateMerchantRequestSchema, { merchantId: request }),
          ),
        ),
      (bytes) => fromBinary(ValidateMerchantResponseSchema, bytes),
      merchantId,
      (error, response) =>
        resolve(error ? { code: error.code } : { code: OK, valid: response?.valid ?? false }),
    );
  });

it.each([
  [MERCHANT, { code: OK, valid: true }],
  ['ffffffff-0000-7000-8000-000000000001', { code: OK, valid: false }],
  ['FFFFFFFF-0000-7000-8000-000000000001', { code: OK, valid: false }],
  ['not-a-uuid', { code: INVALID_ARGUMENT }],
  ['', { code: INVALID_ARGUMENT }],
])('answers merchant id %j with %j', async (merchantId, answer) => {
  await start();
  expect(await call(merchantId)).toEqual(answer);
  expect(standIn.calls()).toBe(1);
});

it.each([
  ['both', OK, OK],
  ['service', OK, UNIMPLEMENTED],
  ['literal', UNIMPLEMENTED, OK],
] as const)(
  'serves paths %s: the service path returns %s, the literal path %s',
  async (paths, service, literal) => {
    await start({ paths });
    expect((await call(MERCHANT, SERVICE)).code).toBe(service);
    expect((await call(MERCHANT, LITERAL)).code).toBe(literal);
  },
);

it('goes down and comes back, also with a delay', async () => {
  await start({ delayMs: 5 });
  standIn.setDown(true);
  expect((await call(MERCHANT)).code).toBe(UNAVAILABLE);
  standIn.setDown(false);
  expect((await call(MERCHANT)).code).toBe(OK);
  expect(standIn.calls()).toBe(2);
});
