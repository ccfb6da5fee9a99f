import { timestampFromDate, type Timestamp } from '@bufbuild/protobuf/wkt';
import { status } from '@grpc/grpc-js';
import { CoreService, ImportService } from '@core/contracts';
import { auditOf, failure, merchant, openApi, post, setScore, type TestApi } from './support.ts';

const core = CoreService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

describe('ListCustomers', () => {
  const merchantId = merchant();
  const ids: string[] = [];
  beforeAll(async () => {
    for (let i = 0; i < 7; i++) {
      const { customerId } = await api.rpc.unary(core.createCustomer, {
        merchantId,
        email: `p${i}@example.com`,
      });
      ids.push(customerId);
      if (i < 5) await setScore(api.owner, customerId, [i + 1, 3, 3], i < 3 ? 'LOYAL' : 'ACTIVE');
    }
    await api.replicated();
  });

  const listAll = async (request: { filter?: object; pageSize: number }) => {
    const seen: string[] = [];
    let pageToken = '';
    do {
      const page = await api.rpc.unary(core.listCustomers, { merchantId, ...request, pageToken });
      expect(page.customers.length).toBeLessThanOrEqual(request.pageSize);
      seen.push(...page.customers.map(({ customerId }) => customerId));
      pageToken = page.nextPageToken;
    } while (pageToken);
    return seen;
  };

  it.each([1, 2, 7, 100])('lists every customer once in pages of %i', async (pageSize) =>
    expect(await listAll({ pageSize })).toEqual([...ids].sort()),
  );

  it.each([
    [{ segment: 'LOYAL' }, [0, 1, 2]],
    [{ recency: { min: 2, max: 4 } }, [1, 2, 3]],
    [{ recency: { min: 5 } }, [4]],
    [{ recency: { max: 1 }, frequency: { min: 3 }, monetary: { max: 3 } }, [0]],
    [{ segment: 'LOYAL', recency: { min: 3 } }, [2]],
    [{ segment: 'NOBODY' }, []],
  ])('filters by %j', async (filter, expected) =>
    expect(await listAll({ filter, pageSize: 2 })).toEqual(expected.map((i) => ids[i]).sort()),
  );

  it('orders by time of change when it lists changes', async () => {
    const since = new Date(0);
    const { rows } = await api.owner.query<{ id: string }>(
      'select id from customers where merchant_id = $1 order by updated_at, id',
      [merchantId],
    );
    const all = rows.map(({ id }) => id);
    expect(await listAll({ filter: { updatedSince: timestampFromDate(since) }, pageSize: 2 })).toEqual(all);
    const future = timestampFromDate(new Date('2900-01-01'));
    expect(await listAll({ filter: { updatedSince: future }, pageSize: 2 })).toEqual([]);
  });

  it('returns the time up to which a list of changes is complete, as the start of the next one', async () => {
    const epoch = timestampFromDate(new Date(0));
    const changes = async (updatedSince: Timestamp | undefined) => {
      const { customers, watermark } = await api.rpc.unary(core.listCustomers, {
        merchantId,
        filter: { updatedSince: updatedSince! },
      });
      return { changed: customers.map(({ customerId }) => customerId), watermark };
    };
    const before = await changes(epoch);
    expect(before.changed).toHaveLength(ids.length);
    expect((await changes(before.watermark)).changed).toEqual([]);

    const slow = await api.owner.connect();
    try {
      await slow.query('begin');
      await slow.query('update customers set version = 2 where id = $1', [ids[0]]);
      await api.owner.query('update customers set version = 2 where id = $1', [ids[1]]);
      const during = await changes(before.watermark);
      await slow.query('commit');
      // Read at once, although the replica may not show the change yet: such a list is read on a node that
      // has it.
      const after = await changes(during.watermark);
      expect([...during.changed, ...after.changed].sort()).toEqual([ids[0], ids[1]].sort());
      expect(after.changed).toContain(ids[0]);
    } finally {
      slow.release();
    }
    expect((await api.rpc.unary(core.listCustomers, { merchantId })).watermark).toBeUndefined();
  });

  // A row for each email let a caller within its quota write 250,000 of them a second.
  it('returns emails, and writes one audit row that names all of their customers', async () => {
    const before = (await auditOf(api.owner, merchantId)).length;
    const { customers } = await api.rpc.unary(core.listCustomers, { merchantId });
    expect(customers.map(({ email }) => email).sort()).toEqual(ids.map((_, i) => `p${i}@example.com`));
    const { rows } = await api.owner.query<{ customer_ids: string[]; detail: object }>(
      `select action, customer_id, customer_ids, detail from audit_log where merchant_id = $1 order by id offset $2`,
      [merchantId, before],
    );
    expect(rows).toMatchObject([{ action: 'customer.email_disclosed', customer_id: null }]);
    expect(rows[0]!.customer_ids.sort()).toEqual([...ids].sort());
    expect(rows[0]!.detail).toMatchObject({ customers: ids.length });
  });

  it('refuses a token of another filter, merchant or rpc, and a modified token, naming page_token', async () => {
    const { nextPageToken } = await api.rpc.unary(core.listCustomers, { merchantId, pageSize: 2 });
    const changed = nextPageToken.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'));
    for (const call of [
      { merchantId, filter: { segment: 'LOYAL' }, pageToken: nextPageToken },
      { merchantId, filter: { updatedSince: timestampFromDate(new Date(0)) }, pageToken: nextPageToken },
      { merchantId: merchant(), pageToken: nextPageToken },
      { merchantId, pageToken: changed },
    ].map((request) => api.rpc.unary(core.listCustomers, request))) {
      const refusal = await failure(call);
      expect(refusal.code).toBe(status.INVALID_ARGUMENT);
      expect(refusal.details).toMatch(/^page_token: /);
    }
    const imports = api.rpc.unary(ImportService.method.listCustomerImports, {
      merchantId,
      pageToken: nextPageToken,
    });
    expect((await failure(imports)).details).toMatch(/^page_token: /);
  });

  it.each([
    [{ pageSize: 1001 }, /^page_size: /],
    [{ pageSize: -1 }, /^page_size: /],
    [{ pageToken: 'AAAA' }, /^page_token: /],
    [{ filter: { recency: { min: 4, max: 2 } } }, /^filter\.recency: /],
    [{ filter: { recency: { min: 6 } } }, /^filter\.recency\.min: /],
  ])('refuses %j', async (request, message) => {
    const refusal = await failure(api.rpc.unary(core.listCustomers, { merchantId, ...request }));
    expect(refusal.code).toBe(status.INVALID_ARGUMENT);
    expect(refusal.details).toMatch(message);
  });
});

// Without the limit by bytes these pages would exceed the maximum reply, and no client could list the
// customers.
describe('ListCustomers of customers with 64 KiB of metadata', () => {
  const merchantId = merchant();
  let ids: string[];
  beforeAll(async () => {
    const { rows } = await api.owner.query<{ id: string }>(
      `insert into customers (merchant_id, rfm_score, metadata)
       select $1, null, jsonb_build_object('a', array_fill(1, array[32000])) from generate_series(1, 80)
       returning id`,
      [merchantId],
    );
    ids = rows.map(({ id }) => id).sort();
    await api.replicated();
  });

  it.each([{}, { filter: { updatedSince: timestampFromDate(new Date(0)) } }])(
    'lists every customer once in pages of 1,000: %j',
    async (request) => {
      const seen: string[] = [];
      let pageToken = '';
      do {
        const page = await api.rpc.unary(core.listCustomers, {
          merchantId,
          ...request,
          pageSize: 1_000,
          pageToken,
        });
        seen.push(...page.customers.map(({ customerId }) => customerId));
        pageToken = page.nextPageToken;
      } while (pageToken);
      expect(seen.sort()).toEqual(ids);
    },
  );
});

describe('a thousand customers with the longest names that any entry point accepts', () => {
  const merchantId = merchant();
  const longest = (characters: number) => '\ud83d\ude00'.repeat(characters);
  let customerIds: string[];
  beforeAll(async () => {
    const score = {
      ...{ recency: 5, frequency: 5, monetary: 5, score: '555', config_version: 2_147_483_647 },
      ...{ segment: longest(64), previous_segment: longest(64) },
      ...{ as_of: '2026-01-02T03:04:05.123456789Z', sequence: '9223372036854775807' },
    };
    const { rows } = await api.owner.query<{ id: string }>(
      `insert into customers (merchant_id, external_id, rfm_score)
       select $1, $2 || n, $3 from generate_series(1, 1000) as n returning id`,
      [merchantId, longest(251), score],
    );
    customerIds = rows.map(({ id }) => id).sort();
    await api.replicated();
  });

  it('fit into one BatchGetCustomerRFM, over gRPC and as JSON', async () => {
    const request = { merchantId, customerIds };
    const { results } = await api.rpc.unary(core.batchGetCustomerRFM, request);
    expect(results).toHaveLength(1_000);
    expect(results[999]!.rfmScore).toMatchObject({ segment: longest(64), asOf: { nanos: 123_456_789 } });
    const { status: code, body } = await post(`${api.url}/core.v1.CoreService/BatchGetCustomerRFM`, request);
    expect([code, (body as { results: unknown[] }).results.length]).toEqual([200, 1_000]);
  });

  it('are listed in pages of 1,000, over gRPC and as JSON', async () => {
    const seen: string[] = [];
    for (let pageToken = ''; ;) {
      const request = { merchantId, pageSize: 1_000, pageToken };
      const page = await api.rpc.unary(core.listCustomers, request);
      const { status: code } = await post(`${api.url}/core.v1.CoreService/ListCustomers`, request);
      expect(code).toBe(200);
      seen.push(...page.customers.map(({ customerId }) => customerId));
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    expect(seen).toEqual(customerIds);
  });
});
