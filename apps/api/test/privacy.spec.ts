// tag: compliance
import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { CoreService, PrivacyRequestKind, PrivacyRequestStatus, PrivacyService } from '@core/contracts';
import type { GivenRequest } from '@core/stack';
import { METHODS } from '../src/methods.ts';
import { byConnect, byGrpc, outcome } from './identity-support.ts';
import { auditOf, failure, merchant, openApi, type TestApi } from './support.ts';

const core = CoreService.method;
const privacy = PrivacyService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

/** Writes a privacy request as the worker does. */
const record = async (
  merchantId: string,
  kind: GivenRequest['kind'],
  more: Pick<GivenRequest, 'customerId' | 'receipt' | 'done'> = {},
): Promise<string> => {
  const requestId = `shopify:${randomUUID()}`;
  await api.given.aRequest(merchantId, { requestId, kind, ...more });
  return requestId;
};
const create = async (merchantId: string, email: string) =>
  (await api.rpc.unary(core.createCustomer, { merchantId, email, metadata: { tier: 'gold' } })).customerId;

it('exports all data of a person, and completes the request', async () => {
  const merchantId = merchant();
  const customerId = await create(merchantId, 'ada@example.com');
  const requestId = await record(merchantId, 'data_request', { customerId });
  const waiting = await api.rpc.unary(privacy.getPrivacyRequest, { merchantId, requestId });
  expect(waiting.privacyRequest).toMatchObject({
    requestId,
    customerId,
    kind: PrivacyRequestKind.DATA_REQUEST,
  });
  expect(waiting.privacyRequest!.completedAt).toBeUndefined();
  expect(Number(waiting.privacyRequest!.dueAt!.seconds - waiting.privacyRequest!.receivedAt!.seconds)).toBe(
    30 * 86_400,
  );

  const { data, exportedAt } = await api.rpc.unary(privacy.exportCustomerData, { merchantId, requestId });
  expect(data).toMatchObject({
    customers: [{ id: customerId, email: 'ada@example.com', metadata: { tier: 'gold' }, version: 1 }],
    audit_log: [{ action: 'customer.create' }],
    privacy_requests: [{ request_id: requestId }],
    customer_import_errors: [],
  });
  expect(exportedAt).toBeDefined();
  const done = await api.rpc.unary(privacy.getPrivacyRequest, { merchantId, requestId });
  expect(done.privacyRequest!.completedAt).toBeDefined();
  expect(await auditOf(api.owner, merchantId)).toEqual(['customer.create', 'privacy.export']);
});

it('does not complete a request when its reply is too large to be sent', async () => {
  const merchantId = merchant();
  const customerId = await create(merchantId, 'ada@example.com');
  const requestId = await record(merchantId, 'data_request', { customerId });
  const metadata = (bytes: number) =>
    api.owner.query(
      `update customers set metadata = jsonb_build_object('x', repeat('x', $2)) where id = $1`,
      [customerId, bytes],
    );
  await metadata(5_000_000);
  for (const call of [byGrpc(api.rpc), byConnect(api.url)]) {
    const method = METHODS.find(({ desc }) => desc === privacy.exportCustomerData)!;
    expect(await outcome(call(method, { merchantId, requestId }, {}))).toMatchObject({
      code: status.FAILED_PRECONDITION,
      message: expect.stringMatching(/more than the maximum of 4194304: no request was marked as answered/),
    });
  }
  const waiting = await api.rpc.unary(privacy.getPrivacyRequest, { merchantId, requestId });
  expect(waiting.privacyRequest!.completedAt).toBeUndefined();
  expect(await auditOf(api.owner, merchantId)).toEqual(['customer.create']);
  await metadata(4_000_000);
  await api.rpc.unary(privacy.exportCustomerData, { merchantId, requestId });
});

it('exports without a request, and finds no customer of another merchant', async () => {
  const merchantId = merchant();
  const customerId = await create(merchantId, 'ada@example.com');
  expect((await api.rpc.unary(privacy.exportCustomerData, { merchantId, customerId })).data).toMatchObject({
    customers: [{ email: 'ada@example.com' }],
  });
  for (const request of [
    { merchantId: merchant(), customerId },
    { merchantId, customerId: randomUUID() },
    { merchantId, requestId: 'unknown' },
  ]) {
    expect(await failure(api.rpc.unary(privacy.exportCustomerData, request))).toMatchObject({
      code: status.NOT_FOUND,
    });
  }
});

it('returns the receipt of an erasure once it is completed', async () => {
  const merchantId = merchant();
  const customerId = randomUUID();
  const places = [{ place: 'customers', found: 2, removed: ['email'], remark: 'merged' }];
  const erased = await record(merchantId, 'redact', {
    customerId,
    receipt: { customerId, places },
    done: true,
  });
  const { receipt } = await api.rpc.unary(privacy.getErasureReceipt, { merchantId, requestId: erased });
  expect(receipt).toMatchObject({
    requestId: erased,
    kind: PrivacyRequestKind.REDACT,
    customerId,
    places: [{ place: 'customers', found: 2n, removed: ['email'], remark: 'merged' }],
  });
  expect(receipt!.completedAt).toBeDefined();

  const cases: [string, number][] = [
    [await record(merchantId, 'shop_redact'), status.FAILED_PRECONDITION],
    [await record(merchantId, 'data_request', { done: true }), status.NOT_FOUND],
    ['unknown', status.NOT_FOUND],
  ];
  for (const [requestId, code] of cases) {
    expect(await failure(api.rpc.unary(privacy.getErasureReceipt, { merchantId, requestId }))).toMatchObject({
      code,
    });
  }
  const others = { merchantId: merchant(), requestId: erased };
  expect(await failure(api.rpc.unary(privacy.getErasureReceipt, others))).toMatchObject({
    code: status.NOT_FOUND,
  });
  expect(await failure(api.rpc.unary(privacy.getPrivacyRequest, others))).toMatchObject({
    code: status.NOT_FOUND,
  });
});

it.each<[string, object, string]>([
  ['neither person nor request', {}, 'customer_id'],
  ['a malformed id', { customerId: '42' }, 'customer_id'],
])('refuses an export with %s', async (_, request, field) => {
  const call = api.rpc.unary(privacy.exportCustomerData, { merchantId: merchant(), ...request });
  expect(await failure(call)).toMatchObject({
    code: status.INVALID_ARGUMENT,
    details: expect.stringContaining(field),
  });
});

it('returns the state of a shop redaction: pending, held, cancelled or completed', async () => {
  const merchantId = merchant();
  const cases: [string, PrivacyRequestStatus][] = [
    [`not_before = now() + interval '1 hour'`, PrivacyRequestStatus.PENDING],
    ['not_before = now(), held_at = now()', PrivacyRequestStatus.HELD],
    ['not_before = now(), held_at = now(), confirmed_at = now()', PrivacyRequestStatus.PENDING],
    [`not_before = now(), cancelled_at = now(), cancel_reason = 'forged'`, PrivacyRequestStatus.CANCELLED],
    ['not_before = now(), completed_at = now()', PrivacyRequestStatus.COMPLETED],
  ];
  for (const [change, expected] of cases) {
    const requestId = await record(merchantId, 'shop_redact');
    await api.owner.query(`update privacy_requests set ${change} where request_id = $1`, [requestId]);
    const { privacyRequest } = await api.rpc.unary(privacy.getPrivacyRequest, { merchantId, requestId });
    const cancelled = expected === PrivacyRequestStatus.CANCELLED;
    expect(privacyRequest).toMatchObject({ status: expected, cancelReason: cancelled ? 'forged' : '' });
    expect(privacyRequest!.notBefore).toBeDefined();
    expect(privacyRequest!.cancelledAt !== undefined).toBe(cancelled);
    if (!cancelled) continue;
    const receipt = api.rpc.unary(privacy.getErasureReceipt, { merchantId, requestId });
    expect(await failure(receipt)).toMatchObject({
      code: status.FAILED_PRECONDITION,
      details: expect.stringContaining('cancelled (forged)'),
    });
  }
});

it('lists, cancels and records requests of its merchant only', async () => {
  const merchantId = merchant();
  const customerId = await create(merchantId, 'ada@example.com');
  const requestId = `spec-${merchantId}`;
  const asked = await api.rpc.unary(privacy.requestErasure, { merchantId, requestId, customerId });
  expect(asked.privacyRequest).toMatchObject({
    requestId,
    customerId,
    kind: PrivacyRequestKind.REDACT,
    status: PrivacyRequestStatus.PENDING,
  });
  const shop = `shop-${merchantId}`;
  await api.given.aRequest(merchantId, {
    requestId: shop,
    kind: 'shop_redact',
    daysOld: 1,
    waitsHours: 3,
    receipt: { shop: 'a.myshopify.com' },
  });
  const open = { merchantId, openOnly: true };
  const listed = await api.rpc.unary(privacy.listPrivacyRequests, open);
  expect(listed.privacyRequests).toMatchObject([
    { requestId: shop, shop: 'a.myshopify.com', status: PrivacyRequestStatus.PENDING },
    { requestId, shop: '', problem: '' },
  ]);

  const other = merchant();
  expect((await api.rpc.unary(privacy.listPrivacyRequests, { merchantId: other })).privacyRequests).toEqual(
    [],
  );
  for (const call of [
    api.rpc.unary(privacy.cancelPrivacyRequest, { merchantId: other, requestId: shop }),
    api.rpc.unary(privacy.requestErasure, { merchantId: other, requestId, customerId }),
  ]) {
    expect(await failure(call)).toMatchObject({ code: status.NOT_FOUND });
  }
  const cancelled = await api.rpc.unary(privacy.cancelPrivacyRequest, { merchantId, requestId: shop });
  expect(cancelled.privacyRequest).toMatchObject({
    status: PrivacyRequestStatus.CANCELLED,
    cancelReason: 'withdrawn',
  });
  expect(
    await failure(api.rpc.unary(privacy.cancelPrivacyRequest, { merchantId, requestId: shop })),
  ).toMatchObject({ code: status.FAILED_PRECONDITION, details: 'privacy_request: it was cancelled' });
  const kind = PrivacyRequestKind.SHOP_REDACT;
  expect((await api.rpc.unary(privacy.listPrivacyRequests, { ...open, kind })).privacyRequests).toEqual([]);
  expect(
    (await api.rpc.unary(privacy.listPrivacyRequests, { merchantId, kind })).privacyRequests,
  ).toHaveLength(1);
});

it('finds the person of an erasure by the number in Shopify, and refuses two ids', async () => {
  const merchantId = merchant();
  const { customerId } = await api.rpc.unary(core.createCustomer, {
    merchantId,
    email: 'ada@example.com',
    externalId: '4711',
  });
  const asked = await api.rpc.unary(privacy.requestErasure, {
    merchantId,
    requestId: 'r-1',
    externalId: '4711',
  });
  expect(asked.privacyRequest).toMatchObject({ customerId });
  expect(
    await failure(
      api.rpc.unary(privacy.requestErasure, { merchantId, requestId: 'r-2', externalId: '4711', customerId }),
    ),
  ).toMatchObject({ code: status.INVALID_ARGUMENT, details: expect.stringContaining('customer_id') });
});

it('returns the state of the seals', async () => {
  const merchantId = merchant();
  const read = () => api.rpc.unary(privacy.getAuditSeal, { merchantId });
  expect(await read()).toMatchObject({ unsealedEntries: 0 });
  await create(merchantId, 'ada@example.com');
  const { seal, unsealedEntries } = await read();
  expect([seal, unsealedEntries]).toEqual([undefined, 1]);
});
