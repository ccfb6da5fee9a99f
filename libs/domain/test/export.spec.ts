// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import { appendSharedAudit } from '@core/db';
import { aCustomerId, aMerchantId, gid } from '@core/testing';
import {
  exportCustomerData,
  getPrivacyRequest,
  storeIds,
  mergeCustomers,
  recordPrivacyRequest,
  redactCustomer,
} from '../src/index.ts';
import { customer, newEmail, newNumber, newShop, openPrivacy, type PrivacyWorld } from './privacy-support.ts';
import { applyScore } from './support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const exported = (input: Parameters<typeof exportCustomerData>[2]) =>
  world.as('api', (tx, ctx) => exportCustomerData(tx, ctx, input), input.merchantId);
const request = async (
  merchantId: MerchantId,
  person: { externalId?: ExternalId; email?: string; customerId?: CustomerId; problem?: string },
) => {
  const requestId = randomUUID();
  await world.as('worker', (tx, ctx) =>
    recordPrivacyRequest(tx, ctx, { merchantId, requestId, kind: 'data_request', ...person }),
  );
  return requestId;
};
const stateOf = (merchantId: MerchantId, requestId: string) =>
  world.as('api', (tx) => getPrivacyRequest(tx, { merchantId, requestId }), merchantId);
const lastAudit = async (merchantId: MerchantId) =>
  (await world.rows<{ action: string; detail: object; customer_id: string }>('audit_log', merchantId)).at(-1);

async function aPerson() {
  const shop = await world.connect();
  const { merchantId } = shop;
  const number = newNumber();
  const email = newEmail();
  const importId = await world.newRun(shop);
  await world.page(merchantId, importId, [
    customer(number, email, { tags: ['a'] }),
    customer(number + 1, newEmail()),
  ]);
  await world.as('importer', (tx) =>
    storeIds(tx, { merchantId, importId, slice: 2, fence: 1, page: 7, ids: [number, number + 1] }),
  );
  await world.given.importErrors({ merchantId, importId }, [{ externalId: gid(number), reason: 'r' }]);
  const id = (await world.rows<{ id: CustomerId; external_id: string }>('customers', merchantId)).find(
    (each) => each.external_id === gid(number),
  )!.id;
  const score = {
    recency: 5,
    frequency: 4,
    monetary: 3,
    asOf: '2026-01-02T00:00:00.000Z',
    sequence: 1n,
  };
  await world.as('worker', (tx, ctx) => applyScore(tx, ctx, { merchantId, customerId: id, score }));
  await world.webhook(shop.shop, 'customers/update', { id: number, email });
  return { ...shop, number, email, id, importId };
}

it('exports everything stored about a person, and nothing about others', async () => {
  const { merchantId, number, email, id, importId } = await aPerson();
  const requestId = await request(merchantId, { externalId: gid(number) });
  expect(await stateOf(merchantId, requestId)).toMatchObject({ customerId: id, completedAt: null });
  const { receivedAt, dueAt } = await stateOf(merchantId, requestId);
  expect(dueAt.getTime() - receivedAt.getTime()).toBe(30 * 86_400_000);

  const { data } = await exported({ merchantId, requestId });
  expect(data).toMatchObject({
    customers: [
      {
        id,
        email,
        external_id: gid(number),
        metadata: { tags: ['a'] },
        rfm_score: { score: '543' },
        version: 2,
      },
    ],
    customer_import_errors: [{ external_id: gid(number), reason: 'r' }],
    customer_import_ids: [{ import_id: importId, slice: 2, page: 7 }],
    parked_events: [],
    webhook_events: [{ topic: 'customers/update', body: JSON.stringify({ id: number, email }) }],
    privacy_requests: [{ request_id: requestId, kind: 'data_request' }],
    audit_log: [{ action: 'privacy.request' }, { action: 'customer.score' }],
  });
  expect(JSON.stringify(data)).not.toContain(String(number + 1));

  const { completedAt } = await stateOf(merchantId, requestId);
  expect(completedAt).not.toBeNull();
  const [stored] = await world.rows<{ receipt: object }>('privacy_requests', merchantId);
  expect(stored!.receipt).toMatchObject({
    customerId: id,
    places: expect.arrayContaining([{ place: 'customers', found: 1, removed: [], remark: 'handed over' }]),
  });
  expect(await lastAudit(merchantId)).toMatchObject({
    action: 'privacy.export',
    customer_id: id,
    detail: { request_id: requestId, rows: { customers: 1, webhook_events: 1 } },
  });
  for (const held of [stored!.receipt, await world.rows('audit_log', merchantId)]) {
    expect(JSON.stringify(held)).not.toContain(email);
  }

  // A repetition is audited, and the first completion time stays.
  await exported({ merchantId, requestId });
  expect((await stateOf(merchantId, requestId)).completedAt).toEqual(completedAt);
  const audit = await world.rows('audit_log', merchantId);
  expect(audit.filter(({ action }) => action === 'privacy.export')).toHaveLength(2);
});

it('needs no request, and contains what a deletion and a merge have left', async () => {
  const { merchantId, number, id } = await aPerson();
  await world.as('worker', (tx, ctx) =>
    mergeCustomers(tx, ctx, {
      merchantId,
      keptExternalId: gid(number + 1),
      mergedExternalId: gid(number),
      origin: 'webhook',
    }),
  );
  const { data } = await exported({ merchantId, customerId: id });
  expect(data['customers']).toMatchObject([
    { id, external_id: gid(number), email: null, metadata: { tags: ['a'] } },
    { external_id: gid(number + 1), email: expect.any(String) },
  ]);
});

it('finds no unknown, foreign or erased customer', async () => {
  const { merchantId, id } = await aPerson();
  const gone = { kind: 'not_found', message: 'customer not found' };
  await expect(exported({ merchantId, customerId: aCustomerId() })).rejects.toMatchObject(gone);
  await expect(exported({ merchantId: aMerchantId(), customerId: id })).rejects.toMatchObject(gone);
  await world.as('worker', (tx, ctx) =>
    redactCustomer(tx, ctx, { merchantId, requestId: 'r', customerId: id }),
  );
  await expect(exported({ merchantId, customerId: id })).rejects.toMatchObject(gone);
});

it('returns nothing for the request of a person who was never stored, or was erased', async () => {
  const { merchantId, id, number } = await aPerson();
  const unknown = await request(merchantId, { email: newEmail() });
  const erased = await request(merchantId, { externalId: gid(number) });
  await world.as('worker', (tx, ctx) =>
    redactCustomer(tx, ctx, { merchantId, requestId: 'r', customerId: id }),
  );
  for (const requestId of [unknown, erased]) {
    expect((await exported({ merchantId, requestId })).data).toEqual({});
    expect((await stateOf(merchantId, requestId)).completedAt).not.toBeNull();
  }
});

it.each([
  'customer_id: must be a UUID',
  'external_id: must be a string or a whole number that is not negative',
  'webhook: was given up, two_customer_ids',
])('refuses an answer while the request waits with a problem: %s', async (problem) => {
  const { merchantId, id, number, email } = await aPerson();
  const requestId = await request(merchantId, { problem });
  await expect(exported({ merchantId, requestId })).rejects.toMatchObject({
    kind: 'failed_precondition',
    field: 'request_id',
    message: `request_id: the request is pending with a problem (${problem}). Also name its person by customer_id, have the request sent again, or cancel it with privacy cancel.`,
  });
  expect(await stateOf(merchantId, requestId)).toMatchObject({ completedAt: null, problem });

  // The caller names the person, or the request is sent again.
  const resent = await request(merchantId, { problem });
  await world.as('worker', (tx, ctx) =>
    recordPrivacyRequest(tx, ctx, {
      merchantId,
      requestId: resent,
      kind: 'data_request',
      externalId: gid(number),
    }),
  );
  for (const answered of [{ requestId, customerId: id }, { requestId: resent }]) {
    expect((await exported({ merchantId, ...answered })).data).toMatchObject({ customers: [{ id, email }] });
    expect(await stateOf(merchantId, answered.requestId)).toMatchObject({
      completedAt: expect.any(Date),
      problem: null,
    });
  }
  expect((await exported({ merchantId, requestId })).data).toMatchObject({ customers: [{ id }] });
});

it('finds a person stored after the request, by the names beside an unknown customer_id', async () => {
  const shop = await world.connect();
  const { merchantId } = shop;
  const [number, email] = [newNumber(), newEmail()];
  const customerId = aCustomerId();
  const asked = [
    await request(merchantId, { customerId, externalId: gid(number), email }),
    await request(merchantId, { customerId, externalId: gid(number) }),
    await request(merchantId, { customerId, email }),
  ];
  await world.page(merchantId, await world.newRun(shop), [customer(number, email)]);
  for (const requestId of asked) {
    expect((await exported({ merchantId, requestId })).data).toMatchObject({ customers: [{ email }] });
  }
});

it('stores no hash of the names beside our own id of the person', async () => {
  const { merchantId, number, email, id } = await aPerson();
  await request(merchantId, { customerId: id, externalId: gid(number), email });
  expect(await world.rows('privacy_requests', merchantId)).toMatchObject([
    { customer_id: id, named_email: null, named_external_id: null },
  ]);
});

it('finds a person stored after the request, by either name, and stores no name in plain text', async () => {
  const shop = await world.connect();
  const { merchantId } = shop;
  const [number, email] = [newNumber(), newEmail()];
  const asked = [
    await request(merchantId, { externalId: gid(number), email }),
    await request(merchantId, { externalId: gid(number) }),
    await request(merchantId, { email }),
  ];
  const kept = await world.rows('privacy_requests', merchantId);
  expect(kept.every(({ customer_id: id }) => id === null)).toBe(true);
  for (const name of [email, String(number)]) expect(JSON.stringify(kept)).not.toContain(name);
  expect(await world.search({ index: await world.hashOf(merchantId, email) })).toEqual([]);

  await world.page(merchantId, await world.newRun(shop), [
    customer(number, email),
    customer(number + 1, newEmail()),
  ]);
  const id = (await world.rows<{ id: CustomerId; external_id: string }>('customers', merchantId)).find(
    (each) => each.external_id === gid(number),
  )!.id;
  for (const requestId of asked) {
    const { data } = await exported({ merchantId, requestId });
    expect(data).toMatchObject({ customers: [{ id, email }], left_out: [] });
    expect(data['privacy_requests']).toContainEqual(expect.objectContaining({ request_id: requestId }));
    expect(await stateOf(merchantId, requestId)).toMatchObject({
      customerId: id,
      completedAt: expect.any(Date),
    });
  }
  await expect(
    exported({ merchantId, requestId: asked[0], customerId: aCustomerId() }),
  ).rejects.toMatchObject({ field: 'customer_id' });
});

it('does not take a customer with the same email and another external id for the person', async () => {
  const shop = await world.connect();
  const { merchantId } = shop;
  const [number, email] = [newNumber(), newEmail()];
  const requestId = await request(merchantId, { externalId: gid(number), email });
  await world.page(merchantId, await world.newRun(shop), [customer(number + 1, email)]);
  expect((await exported({ merchantId, requestId })).data).toEqual({});
});

it('exports every customer who holds the email, when only the email names the person', async () => {
  const shop = await world.connect();
  const { merchantId } = shop;
  const [number, email] = [newNumber(), newEmail()];
  const importId = await world.newRun(shop);
  await world.page(merchantId, importId, [customer(number, email)]);
  const requestId = await request(merchantId, { email });
  // email_shared: stored without a blind index.
  await world.page(merchantId, importId, [
    customer(number + 1, email.toUpperCase()),
    customer(number + 2, newEmail()),
  ]);
  const { data } = await exported({ merchantId, requestId });
  expect(data['customers']).toMatchObject([
    { external_id: gid(number), email },
    { external_id: gid(number + 1), email: email.toUpperCase(), email_hash: null },
  ]);
});

it('lists what could not be read, and exports the rest', async () => {
  const { merchantId, number, id, shop } = await aPerson();
  const requestId = await request(merchantId, { externalId: gid(number) });
  await world.owner.query(`update customers set email = '1.' || encode('broken', 'base64') where id = $1`, [
    id,
  ]);
  await world.webhook(shop, 'customers/update', { id: number }, 'broken');
  await world.owner.query(
    `update webhook_events set body = '1.broken' where merchant_id = $1 and event_id = 'broken'`,
    [merchantId],
  );
  await world.owner.query(
    `insert into audit_log (merchant_id, customer_id, actor, action, request_id)
     select $1, $2, 'spec', 'spec', n from generate_series(1, 999) as n`,
    [merchantId, id],
  );
  await world.as(
    'api',
    (tx, ctx) => appendSharedAudit(tx, ctx, { merchantId, action: 'spec', customerIds: [id, aCustomerId()] }),
    merchantId,
  );
  const { data } = await exported({ merchantId, requestId });
  expect(data).toMatchObject({
    customers: [{ id, email: null, metadata: { tags: ['a'] }, rfm_score: { score: '543' } }],
    webhook_events: [{ topic: 'customers/update' }],
    left_out: [
      { place: 'customers', count: 1, reason: 'email_does_not_open' },
      { place: 'webhook_events', count: 1, reason: 'body_does_not_open' },
      // Two rows of the person are older.
      { place: 'audit_log', count: 2, reason: 'too_many' },
    ],
  });
  const [stored] = await world.rows<{ receipt: object }>('privacy_requests', merchantId);
  expect(stored!.receipt).toMatchObject({
    places: expect.arrayContaining([
      {
        place: 'webhook_events',
        found: 1,
        removed: [],
        remark: 'handed over; 1 left out: body_does_not_open',
      },
    ]),
  });
  const audit = await world.rows('audit_log', merchantId);
  expect(audit.find(({ action }) => action === 'privacy.export')).toMatchObject({ detail: { left_out: 4 } });
});

it('contains disclosures shared with other customers, without naming them', async () => {
  const { merchantId, id } = await aPerson();
  const other = aCustomerId();
  const disclose = (customerIds: CustomerId[]) =>
    world.as(
      'api',
      (tx, ctx) => appendSharedAudit(tx, ctx, { merchantId, action: 'spec.shared', customerIds }),
      merchantId,
    );
  await disclose([id, other]);
  await disclose([other, aCustomerId()]);
  const { data } = await exported({ merchantId, customerId: id });
  const shared = (data['audit_log'] as { action: string; detail: object }[]).filter(
    ({ action }) => action === 'spec.shared',
  );
  expect(shared).toMatchObject([{ detail: { customers: 2 } }]);
  expect(JSON.stringify(data)).not.toContain(other);
});

it('finds a customer who shares the email beside unreadable values, and counts the unreadable ones', async () => {
  const shop = await world.connect();
  const { merchantId } = shop;
  const [number, email] = [newNumber(), newEmail()];
  const people = [0, 1, 2, 3, 4].map((n) => customer(number + n, email));
  await world.page(merchantId, await world.newRun(shop), people);
  for (const [n, broken] of [
    [1, '1.AAAA'],
    [3, 'no generation'],
  ]) {
    await world.owner.query('update customers set email = $2 where merchant_id = $3 and external_id = $1', [
      gid(number + Number(n)),
      broken,
      merchantId,
    ]);
  }
  const { data } = await exported({ merchantId, requestId: await request(merchantId, { email }) });
  expect(data['customers']).toMatchObject([0, 2, 4].map((n) => ({ external_id: gid(number + n) })));
  expect(data['left_out']).toEqual([{ place: 'customers', count: 2, reason: 'email_does_not_open' }]);
});

it('refuses a request of another kind, person or merchant, and one that names no person', async () => {
  const { merchantId, number, id } = await aPerson();
  const requestId = await request(merchantId, { externalId: gid(number + 1) });
  await world.as('worker', (tx, ctx) =>
    redactCustomer(tx, ctx, { merchantId, requestId: 'r', externalId: externalIdOf('x') }),
  );
  await expect(exported({ merchantId, requestId, customerId: id })).rejects.toMatchObject({
    field: 'customer_id',
  });
  await expect(exported({ merchantId, requestId: 'r' })).rejects.toMatchObject({ field: 'request_id' });
  await expect(exported({ merchantId: newShop().merchantId, requestId })).rejects.toMatchObject({
    kind: 'not_found',
  });
  await expect(exported({ merchantId })).rejects.toMatchObject({ field: 'customer_id' });
  expect((await stateOf(merchantId, requestId)).completedAt).toBeNull();
});
