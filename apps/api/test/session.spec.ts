// tag: compliance
import { status } from '@grpc/grpc-js';
import { ImportService, ImportStatus, ShopService, ShopStatus } from '@core/contracts';
import { DEV_ACCESS_TOKEN, DEV_CLIENT_ID, DEV_CLIENT_SECRET } from '@core/shopify-stand-in';
import { bearer, createIssuer } from '@core/testing';
import { merchant, openApi, type TestApi } from './support.ts';

const issuer = createIssuer();
const { getSession } = ShopService.method;
const SHOP = 'session.myshopify.com';
const merchantId = merchant();

let api: TestApi;
beforeAll(async () => {
  const app = { SHOPIFY_CLIENT_ID: DEV_CLIENT_ID, SHOPIFY_CLIENT_SECRET: DEV_CLIENT_SECRET };
  api = await openApi({ env: { ...issuer.env, ...app, SHOPIFY_DISTRIBUTION: 'custom' } });
  await api.rpc.unary(
    ImportService.method.connectShop,
    { merchantId, shop: SHOP, accessToken: DEV_ACCESS_TOKEN },
    as(issuer.token()),
  );
});
afterAll(() => api?.stop());

const as = (token: string) => ({ metadata: bearer(token) });
const session = (token: string, request: { merchantId?: string } = {}) =>
  api.rpc.unary(getSession, request, as(token));

it('tells a caller that is bound to a merchant who that is, and its shops', async () => {
  const token = issuer.token({ merchant_id: merchantId, scope: 'imports:write rfm:read' });
  for (const request of [{}, { merchantId }]) {
    const reply = await session(token, request);
    expect(reply).toMatchObject({ merchantId, shop: '', scopes: ['rfm:read', 'imports:write'] });
    expect(reply.shops).toMatchObject([{ merchantId, shop: SHOP, status: ShopStatus.CONNECTED }]);
  }
});

it('has the newest imports of the merchant, as the list of imports has them', async () => {
  const token = issuer.token({ merchant_id: merchantId });
  expect((await session(token)).newestImports).toEqual([]);
  const { importId } = await api.rpc.unary(
    ImportService.method.startCustomerImport,
    { merchantId, shop: SHOP },
    as(token),
  );
  const { newestImports } = await session(token);
  expect(newestImports).toMatchObject([{ importId, status: ImportStatus.PENDING }]);
  const { customerImports } = await api.rpc.unary(
    ImportService.method.listCustomerImports,
    { merchantId },
    as(token),
  );
  expect(newestImports).toEqual(customerImports);
});

it("tells a user of a shop's admin its shop and its merchant, which the token does not name", async () => {
  const reply = await session(api.shopify.shop(SHOP).sessionToken());
  expect(reply).toMatchObject({ merchantId, shop: SHOP });
  expect([...reply.scopes].sort()).toEqual(['customers:read', 'imports:write', 'rfm:read', 'settings:write']);
});

it('asks a caller that is bound to no merchant for one', async () => {
  await expect(session(issuer.token())).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
    message: expect.stringContaining('merchant_id: is required'),
  });
  expect(await session(issuer.token(), { merchantId })).toMatchObject({ merchantId });
});

it('refuses another merchant than the bound one, and an id that is none', async () => {
  const token = issuer.token({ merchant_id: merchantId });
  await expect(session(token, { merchantId: merchant() })).rejects.toMatchObject({
    code: status.PERMISSION_DENIED,
  });
  await expect(session(token, { merchantId: 'no-uuid' })).rejects.toMatchObject({
    code: status.INVALID_ARGUMENT,
  });
});
