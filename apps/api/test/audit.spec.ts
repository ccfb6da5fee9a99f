// tag: compliance
import { status } from '@grpc/grpc-js';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { CoreService, PrivacyService, type ListAuditLogRequestSchema } from '@core/contracts';
import { CUSTOMERS_SHA256 } from '@core/db';
import { failure, merchant, openApi, type TestApi } from './support.ts';

const core = CoreService.method;
const { listAuditLog } = PrivacyService.method;
let api: TestApi;
beforeAll(async () => void (api = await openApi()));
afterAll(() => api.stop());

/** @returns all pages, as [action, customer] */
async function list(request: MessageInitShape<typeof ListAuditLogRequestSchema>) {
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

it('lists actors and actions, newest first, for a merchant or for one customer', async () => {
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
  expect(await list({ merchantId, action: 'customer.create', pageSize: 1 })).toEqual(about.slice(2));
  expect(await list({ merchantId, action: 'customer.create', customerId: ids[1]! })).toEqual([about[3]]);
  expect(await list({ merchantId, actor: 'dev' })).toEqual(about);
  expect(await list({ merchantId, actor: 'nobody' })).toEqual([]);
  const now = timestampFromMs(Date.now() + 60_000);
  const before = timestampFromMs(Date.now() - 3_600_000);
  expect(await list({ merchantId, occurredFrom: before, occurredBefore: now, pageSize: 2 })).toEqual(about);
  expect(await list({ merchantId, occurredFrom: now })).toEqual([]);
  expect(await list({ merchantId, occurredBefore: before })).toEqual([]);
  const { entries } = await api.rpc.unary(listAuditLog, { merchantId, customerId: ids[0]!, pageSize: 1_000 });
  const update = entries.find(({ action }) => action === 'customer.update');
  expect(update).toMatchObject({ actor: 'dev', requestId: 'spec-1' });
  expect(JSON.stringify(update?.detail)).not.toContain('gold');
  expect(await list({ merchantId: merchant() })).toEqual([]);
  expect(await list({ merchantId: merchant(), customerId: ids[0]! })).toEqual([]);
});

it('accepts a page token only for the list that returned it', async () => {
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

it('finds a row that names several customers by each of them, and by no other customer', async () => {
  const merchantId = merchant();
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const email = `${name}@example.com`;
    ids.push((await api.rpc.unary(core.createCustomer, { merchantId, email })).customerId);
  }
  await api.replicated();
  await api.rpc.unary(core.listCustomers, { merchantId, pageSize: 2 });
  const [first, second, third] = ids as [string, string, string];
  await api.rpc.unary(core.getCustomer, { merchantId, customerId: first });
  for (const pageSize of [0, 1]) {
    expect(await list({ merchantId, customerId: first, pageSize })).toEqual([
      ['customer.email_disclosed', first],
      ['customer.email_disclosed', undefined],
      ['customer.create', first],
    ]);
  }
  expect(await list({ merchantId, customerId: second })).toEqual([
    ['customer.email_disclosed', undefined],
    ['customer.create', second],
  ]);
  expect(await list({ merchantId, customerId: third })).toEqual([['customer.create', third]]);
  expect(await list({ merchantId: merchant(), customerId: first })).toEqual([]);
  const { entries } = await api.rpc.unary(listAuditLog, { merchantId, customerId: second });
  expect(entries[0]!.customerIds).toEqual([first, second]);
  expect(entries[0]!.detail).toMatchObject({ customers: 2 });
  expect(entries[1]!.customerIds).toEqual([]);
});

// Without the limit by bytes a page of 250 such rows has 9 MiB, more than any reply, and no caller can read
// past it.
it('limits a page of rows with a thousand customers by bytes, and omits no row', async () => {
  const merchantId = merchant();
  const { rows } = await api.owner.query<{ id: string; some: string }>(
    `insert into audit_log (merchant_id, customer_ids, actor, action, detail, request_id)
     select $1, customer_ids, 'spec', 'spec', jsonb_build_object('customers_sha256', ${CUSTOMERS_SHA256}), 'r'
       from (select array_agg(uuidv7()) as customer_ids
               from generate_series(1, 250) n, generate_series(1, 1000) group by n) named
     returning id, customer_ids[1] as some`,
    [merchantId],
  );
  const read: string[] = [];
  let pageToken = '';
  do {
    const page = await api.rpc.unary(listAuditLog, { merchantId, pageSize: 1_000, pageToken });
    expect(page.entries.length).toBeLessThan(30);
    read.push(...page.entries.map(({ id }) => id));
    pageToken = page.nextPageToken;
  } while (pageToken);
  expect(read).toEqual(
    rows
      .map(({ id }) => id)
      .sort()
      .reverse(),
  );
  const { entries } = await api.rpc.unary(listAuditLog, { merchantId, customerId: rows[0]!.some });
  expect(entries.map(({ id, customerIds }) => [id, customerIds.length])).toEqual([[rows[0]!.id, 1_000]]);
});

// A page counts the bytes of a row in units of 256. A count of one unit for each byte ended pages after 50
// rows.
it('fills a page with rows of an ordinary size', async () => {
  const merchantId = merchant();
  await api.owner.query(
    `insert into audit_log (merchant_id, customer_id, actor, action, detail, request_id)
     select $1, uuidv7(), 'spec', 'customer.update', '{"fields": ["metadata", "email"]}', 'request-' || n
       from generate_series(1, 1000) n`,
    [merchantId],
  );
  const { entries, nextPageToken } = await api.rpc.unary(listAuditLog, { merchantId, pageSize: 1_000 });
  expect([entries.length, nextPageToken]).toEqual([1_000, '']);
});
