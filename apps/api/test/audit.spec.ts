import { status } from '@grpc/grpc-js';
import { CoreService, PrivacyService } from '@core/contracts';
import { failure, merchant, openApi, type TestApi } from './support.ts';

const core = CoreService.method;
const { listAuditLog } = PrivacyService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

/** @returns all pages, as [action, customer] */
async function list(request: { merchantId: string; customerId?: string; pageSize?: number }) {
  const all: [string, string | undefined][] = [];
  let pageToken = '';
  do {
    const page = await api.rpc.unary(listAuditLog, { ...request, pageToken });
    if (request.pageSize) expect(page.entries.length).toBeLessThanOrEqual(request.pageSize);
    all.push(
      ...page.entries.map(({ action, customerId }) => [action, customerId] as [string, string | undefined]),
    );
    pageToken = page.nextPageToken;
  } while (pageToken);
  return all;
}

it('tells who did what, newest first, of a merchant or of one customer', async () => {
  const merchantId = merchant();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const { customerId } = await api.rpc.unary(core.createCustomer, {
      merchantId,
      email: `${name}@example.com`,
    });
    ids.push(customerId);
  }
  await api.rpc.unary(
    core.updateCustomer,
    { merchantId, customerId: ids[0]!, metadata: { tier: 'gold' } },
    { metadata: { 'x-request-id': 'spec-1' } },
  );
  const about = await list({ merchantId });
  expect(about).toEqual([
    ['customer.email_disclosed', ids[0]],
    ['customer.update', ids[0]],
    ['customer.create', ids[2]],
    ['customer.create', ids[1]],
    ['customer.create', ids[0]],
  ]);
  expect(await list({ merchantId, pageSize: 1 })).toEqual(about);
  expect(await list({ merchantId, customerId: ids[1]! })).toEqual([['customer.create', ids[1]]]);
  const { entries } = await api.rpc.unary(listAuditLog, { merchantId, customerId: ids[0]!, pageSize: 1_000 });
  const update = entries.find(({ action }) => action === 'customer.update');
  expect(update).toMatchObject({ actor: 'dev', requestId: 'spec-1' });
  expect(JSON.stringify(update?.detail)).not.toContain('gold');
  expect(await list({ merchantId: merchant() })).toEqual([]);
  expect(await list({ merchantId: merchant(), customerId: ids[0]! })).toEqual([]);
});

it('takes a page token for the list alone that it was made for', async () => {
  const merchantId = merchant();
  for (const name of ['a', 'b']) {
    await api.rpc.unary(core.createCustomer, { merchantId, email: `${name}@example.com` });
  }
  const { nextPageToken: pageToken } = await api.rpc.unary(listAuditLog, { merchantId, pageSize: 1 });
  expect(pageToken).not.toBe('');
  const [{ customerId } = { customerId: '' }] = (await api.rpc.unary(listAuditLog, { merchantId })).entries;
  for (const request of [
    { merchantId: merchant(), pageToken },
    { merchantId, customerId: customerId ?? '', pageToken },
    { merchantId, pageToken: `${pageToken}x` },
  ]) {
    expect(await failure(api.rpc.unary(listAuditLog, request))).toMatchObject({
      code: status.INVALID_ARGUMENT,
    });
  }
});
