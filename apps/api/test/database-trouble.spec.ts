import { createHmac, randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { CoreService, ImportService } from '@core/contracts';
import { DEV_ACCESS_TOKEN, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { failure, merchant, openApi, post, type TestApi } from './support.ts';

let api: TestApi;
beforeAll(async () => void (api = await openApi({ env: { SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET } })));
afterAll(() => api?.stop());

/** Makes each write of the table fail with a PostgreSQL error. */
const failWrites = (table: string, sqlState: string) =>
  api.owner.query(
    `create or replace function in_trouble() returns trigger language plpgsql as $$
     begin
       raise 'could not extend file "base/5/ada@example.com"' using errcode = '${sqlState}';
     end $$;
     create or replace trigger in_trouble before insert or update on ${table}
       for each row execute function in_trouble()`,
  );
const repair = (table: string) => api.owner.query(`drop trigger in_trouble on ${table}`);

it.each(['53100', '53200', '57014', '58030'])(
  'reports a database error (%s) as unavailable, not as internal',
  async (sqlState) => {
    const request = { merchantId: merchant(), email: 'ada@example.com' };
    await failWrites('customers', sqlState);
    try {
      const refusal = await failure(api.rpc.unary(CoreService.method.createCustomer, request));
      expect(refusal).toEqual({
        code: status.UNAVAILABLE,
        details: expect.stringMatching(
          /^the database is temporarily unavailable, request \S+, try again$/,
        ) as string,
      });
      const reply = await post(`${api.url}/core.v1.CoreService/CreateCustomer`, request);
      expect([reply.status, reply.body['code']]).toEqual([503, 'unavailable']);
    } finally {
      await repair('customers');
    }
    await api.rpc.unary(CoreService.method.createCustomer, request);
  },
);

it('answers 503 to a webhook that a full disk keeps from being stored', async () => {
  const shop = `shop-${randomUUID()}.myshopify.com`;
  const connect = { merchantId: merchant(), shop, accessToken: DEV_ACCESS_TOKEN };
  await api.rpc.unary(ImportService.method.connectShop, connect);
  const send = async () =>
    (
      await fetch(`${api.url}/webhooks/shopify`, {
        method: 'POST',
        body: '{"id":7}',
        headers: {
          'content-type': 'application/json',
          'x-shopify-hmac-sha256': createHmac('sha256', DEV_CLIENT_SECRET)
            .update('{"id":7}')
            .digest('base64'),
          'x-shopify-topic': 'customers/update',
          'x-shopify-shop-domain': shop,
          'x-shopify-event-id': randomUUID(),
        },
      })
    ).status;
  await failWrites('webhook_events', '53100');
  try {
    expect(await send()).toBe(503);
  } finally {
    await repair('webhook_events');
  }
  expect(await send()).toBe(200);
});
