import { status } from '@grpc/grpc-js';
import { Consistency, CoreService } from '@core/contracts';
import {
  auditOf,
  failure,
  merchant,
  openApi,
  post,
  UNKNOWN_MERCHANT,
  setScore,
  type TestApi,
} from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

const createOne = (merchantId: string, email = 'ada@example.com') =>
  api.rpc.unary(core.createCustomer, { merchantId, email, metadata: { tier: 'gold', n: [1, null] } });
const strong = { consistency: Consistency.STRONG };
describe('CreateCustomer', () => {
  it('creates a customer once, and returns it the next time', async () => {
    const merchantId = merchant();
    const first = await createOne(merchantId);
    const second = await createOne(merchantId, ' ADA@example.com ');
    expect(first.created).toBe(true);
    expect(first.consistencyToken).toMatch(/^[0-9A-F]{16}:1:[0-9A-F]+\/[0-9A-F]+$/);
    expect(second).toMatchObject({ created: false, customerId: first.customerId });
    expect(await auditOf(api.owner, merchantId)).toEqual(['customer.create']);
  });

  it('maps every form of one external id and every spelling of one email to one customer', async () => {
    const merchantId = merchant();
    const create = (email: string, externalId: string) =>
      api.rpc.unary(core.createCustomer, { merchantId, email, externalId });
    const { customerId } = await create('ada@m\u00fcnchen.example', '7100123');
    const { customer } = await api.rpc.unary(core.getCustomer, { merchantId, customerId, ...strong });
    expect(customer?.externalId).toBe('gid://shopify/Customer/7100123');
    const again = await create('Ada@xn--mnchen-3ya.example', ' gid://shopify/Customer/7100123?key=x');
    expect(again).toMatchObject({ customerId, created: false });
    const found = await api.rpc.unary(core.findCustomerByEmail, {
      merchantId,
      email: 'ada@M\u00dcNCHEN.example',
      ...strong,
    });
    expect(found.customer?.customerId).toBe(customerId);
    expect(await failure(create('b@example.com', 'GID://shopify/Customer/7100123/'))).toMatchObject({
      code: status.ALREADY_EXISTS,
    });
  });

  it.each([
    ['the bare number', '7100124'],
    ['the bare number between spaces', ' 7100124\n'],
    ['a gid with a query', 'gid://shopify/Customer/7100124?key=x'],
    ['a gid in another case, with a slash', 'GID://Shopify/Customer/7100124/'],
    ['a gid in base64', Buffer.from('gid://shopify/Customer/7100124').toString('base64')],
  ])('and UpdateCustomer normalize %s to the gid', async (_, externalId) => {
    const merchantId = merchant();
    const created = await api.rpc.unary(core.createCustomer, {
      merchantId,
      email: 'a@example.com',
      externalId,
    });
    const { customerId } = created;
    const { customer } = await api.rpc.unary(core.updateCustomer, { merchantId, customerId, externalId });
    expect(customer).toMatchObject({ externalId: 'gid://shopify/Customer/7100124', version: 1 });
    const other = await api.rpc.unary(core.createCustomer, { merchantId, email: 'b@example.com' });
    const taken = api.rpc.unary(core.updateCustomer, {
      merchantId,
      customerId: other.customerId,
      externalId,
    });
    expect(await failure(taken)).toMatchObject({ code: status.ALREADY_EXISTS });
  });

  it('returns one customer to 200 callers with one email, created by one of them', async () => {
    const merchantId = merchant();
    // All calls wait for one row on ten connections: on a slow machine the last ones must retry, and do.
    const createWithRetry = (): ReturnType<typeof createOne> =>
      createOne(merchantId).catch((error: { code?: number }) => {
        if (error.code !== status.UNAVAILABLE) throw error;
        return createWithRetry();
      });
    const replies = await Promise.all(Array.from({ length: 200 }, createWithRetry));
    expect(new Set(replies.map(({ customerId }) => customerId)).size).toBe(1);
    expect(replies.filter(({ created }) => created)).toHaveLength(1);
    const { rows } = await api.owner.query('select 1 from customers where merchant_id = $1', [merchantId]);
    expect(rows).toHaveLength(1);
  });

  it('returns the token and the request id in headers, too', async () => {
    const seen: Record<string, string> = {};
    const reply = await api.rpc.unary(
      core.createCustomer,
      { merchantId: merchant(), email: 'ada@example.com' },
      {
        metadata: { 'x-request-id': 'trace-1' },
        onHeaders: (headers) => {
          for (const name of ['x-request-id', 'x-consistency-token'])
            seen[name] = String(headers.get(name)[0]);
        },
      },
    );
    expect(seen).toEqual({ 'x-request-id': 'trace-1', 'x-consistency-token': reply.consistencyToken });
  });

  it.each([
    ['00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', true],
    ['ada@example.com', false],
  ])('passes the trace %s to the event: %s', async (traceparent, passedOn) => {
    const merchantId = merchant();
    const input = { merchantId, email: 'ada@example.com' };
    await api.rpc.unary(core.createCustomer, input, { metadata: { traceparent } });
    const { rows } = await api.owner.query<{ traceparent: string | null }>(
      'select traceparent from outbox_events where merchant_id = $1',
      [merchantId],
    );
    expect(rows).toEqual([{ traceparent: passedOn ? traceparent : null }]);
  });

  it('refuses an external_id that belongs to another customer', async () => {
    const merchantId = merchant();
    const externalId = 'gid://shopify/Customer/7';
    await api.rpc.unary(core.createCustomer, { merchantId, email: 'ada@example.com', externalId });
    expect(
      await failure(api.rpc.unary(core.createCustomer, { merchantId, email: 'bob@example.com', externalId })),
    ).toEqual({ code: status.ALREADY_EXISTS, details: 'external_id: belongs to another customer' });
  });
});

describe('bad input', () => {
  const customerId = '018f4e1c-0000-7000-8000-000000000001';
  const big = { note: 'x'.repeat(65 * 1024) };
  it.each([
    ['a malformed merchant', { merchantId: 'm', customerId }, 'merchant_id: must be a UUID'],
    ['a malformed customer', { merchantId: merchant(), customerId: '1' }, 'customer_id: must be a UUID'],
    ['an empty request', {}, 'merchant_id: must be a UUID'],
  ])('GetCustomerRFM refuses %s', async (_, request, details) => {
    expect(await failure(api.rpc.unary(core.getCustomerRFM, request))).toEqual({
      code: status.INVALID_ARGUMENT,
      details,
    });
  });

  it.each([
    ['an email without @', { email: 'ada.example.com' }, /^email: /],
    ['65 KiB of metadata', { email: 'ada@example.com', metadata: big }, /^metadata: must be at most 64 KiB/],
    ['NUL in metadata', { email: 'ada@example.com', metadata: { a: '\u0000' } }, /^metadata: /],
    ['an empty external_id', { email: 'ada@example.com', externalId: '' }, /^external_id: /],
  ])('CreateCustomer refuses %s on both ports', async (_, request, message) => {
    const merchantId = merchant();
    const refusal = await failure(api.rpc.unary(core.createCustomer, { merchantId, ...request }));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toMatch(message);
    const reply = await post(`${api.url}/core.v1.CoreService/CreateCustomer`, { merchantId, ...request });
    expect(reply).toMatchObject({ status: 400, body: { code: 'invalid_argument' } });
    expect(reply.body['message']).toMatch(message);
    expect(await auditOf(api.owner, merchantId)).toEqual([]);
  });

  it('refuses an unknown merchant in any letter case', async () => {
    for (const merchantId of [UNKNOWN_MERCHANT, UNKNOWN_MERCHANT.toUpperCase()]) {
      expect(await failure(createOne(merchantId))).toEqual({
        code: status.PERMISSION_DENIED,
        details: 'merchant_id: not a valid merchant',
      });
    }
  });

  it('does not find another merchant’s customer', async () => {
    const { customerId } = await createOne(merchant());
    const other = { merchantId: merchant(), customerId, ...strong };
    const notFound = { code: status.NOT_FOUND, details: 'customer not found' };
    expect(await failure(api.rpc.unary(core.getCustomerRFM, other))).toEqual(notFound);
    expect(await failure(api.rpc.unary(core.getCustomer, other))).toEqual(notFound);
    const { merchantId } = other;
    expect(
      await failure(api.rpc.unary(core.updateCustomer, { merchantId, customerId, metadata: {} })),
    ).toEqual(notFound);
  });
});

describe('GetCustomerRFM', () => {
  it('returns no score before scoring and the whole score afterwards, on both ports and both paths', async () => {
    const merchantId = merchant();
    const { customerId, consistencyToken } = await createOne(merchantId);
    const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken };
    const unscored = await api.rpc.unary(core.getCustomerRFM, { merchantId, customerId, ...atLeast });
    expect(unscored.rfmScore).toBeUndefined();

    await setScore(api.owner, customerId, [5, 4, 5], 'CHAMPIONS');
    for (const path of ['/core.v1.CoreService/GetCustomerRFM', '/core.v1/GetCustomerRFM']) {
      const request = { merchantId, customerId, ...strong };
      const { rfmScore } = await api.rpc.unary(core.getCustomerRFM, request, { path });
      expect(rfmScore).toMatchObject({ score: '545', sequence: 9007199254740993n, previousSegment: 'NEW' });
      const reply = await post(api.url + path, { merchantId, customerId, consistency: 'CONSISTENCY_STRONG' });
      expect(reply).toMatchObject({
        status: 200,
        body: { rfmScore: { recency: 5, frequency: 4, monetary: 5, score: '545', segment: 'CHAMPIONS' } },
      });
      expect(reply.headers.get('x-request-id')).toBeTruthy();
    }
  });

  it('never returns data older than the token', async () => {
    const merchantId = merchant();
    for (let i = 0; i < 20; i++) {
      const { customerId, consistencyToken } = await createOne(merchantId, `p${i}@example.com`);
      const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken };
      await api.rpc.unary(core.getCustomerRFM, { merchantId, customerId, ...atLeast });
    }
  });

  it('answers for a token of another database, and for a token in the former form', async () => {
    const merchantId = merchant();
    const { customerId, consistencyToken } = await createOne(merchantId);
    const [system = '', ...position] = consistencyToken.split(':');
    for (const token of [['6ABC0123456789EF', ...position], position].map((parts) => parts.join(':'))) {
      const atLeast = { consistency: Consistency.AT_LEAST, consistencyToken: token };
      expect(token).not.toContain(system);
      await api.rpc.unary(core.getCustomerRFM, { merchantId, customerId, ...atLeast });
    }
  });

  it('requires a token for CONSISTENCY_AT_LEAST', async () => {
    const request = { merchantId: merchant(), customerId: merchant(), consistency: Consistency.AT_LEAST };
    expect(await failure(api.rpc.unary(core.getCustomerRFM, request))).toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringMatching(/^consistency_token: /),
    });
  });
});

describe('the literal path of CreateCustomer', () => {
  it('answers on both ports', async () => {
    const merchantId = merchant();
    const path = '/core.v1/CreateCustomer';
    const byGrpc = await api.rpc.unary(
      core.createCustomer,
      { merchantId, email: 'ada@example.com' },
      { path },
    );
    const byHttp = await post(api.url + path, { merchant_id: merchantId, email: 'ada@example.com' });
    expect(byHttp).toMatchObject({ status: 200, body: { customerId: byGrpc.customerId, created: false } });
    expect(byHttp.headers.get('x-consistency-token')).toBe(byHttp.body['consistencyToken']);
  });
});

describe('a customer with its email', () => {
  it('is read, found and changed, and each disclosure is recorded', async () => {
    const merchantId = merchant();
    const { customerId } = await createOne(merchantId, 'Ada@Example.com');
    const { customer } = await api.rpc.unary(core.getCustomer, { merchantId, customerId, ...strong });
    expect(customer).toMatchObject({
      customerId,
      merchantId,
      email: 'Ada@Example.com',
      metadata: { tier: 'gold', n: [1, null] },
      version: 1,
    });
    const found = await api.rpc.unary(core.findCustomerByEmail, {
      merchantId,
      email: 'ada@EXAMPLE.com',
      ...strong,
    });
    expect(found.customer?.customerId).toBe(customerId);
    const changed = await api.rpc.unary(core.updateCustomer, {
      merchantId: merchantId.toUpperCase(),
      customerId,
      email: 'lovelace@example.com',
      externalId: 'gid://shopify/Customer/7',
    });
    expect(changed.customer).toMatchObject({
      email: 'lovelace@example.com',
      externalId: 'gid://shopify/Customer/7',
      metadata: { tier: 'gold', n: [1, null] },
      version: 2,
    });
    expect(await auditOf(api.owner, merchantId)).toEqual([
      'customer.create',
      'customer.email_disclosed',
      'customer.email_disclosed',
      'customer.update',
      'customer.email_disclosed',
    ]);
    expect(
      await failure(
        api.rpc.unary(core.findCustomerByEmail, { merchantId, email: 'ada@example.com', ...strong }),
      ),
    ).toMatchObject({ code: status.NOT_FOUND });
  });

  it('is not found for a merchant without customers', async () =>
    expect(
      await failure(
        api.rpc.unary(core.findCustomerByEmail, { merchantId: merchant(), email: 'ada@example.com' }),
      ),
    ).toMatchObject({ code: status.NOT_FOUND }));

  it('cannot be changed to the email of another customer', async () => {
    const merchantId = merchant();
    await createOne(merchantId);
    const { customerId } = await createOne(merchantId, 'bob@example.com');
    expect(
      await failure(api.rpc.unary(core.updateCustomer, { merchantId, customerId, email: 'ada@example.com' })),
    ).toEqual({ code: status.ALREADY_EXISTS, details: 'email: belongs to another customer' });
  });
});
