// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type CustomerId, type ExternalId, type MerchantId } from '@core/contracts';
import { inTransaction, readerOf } from '@core/db';
import { aCustomerId, anImportId, gid, waitUntil } from '@core/testing';
import {
  createCustomer,
  deleteCustomers,
  storeIds,
  mergeCustomers,
  redactCustomer,
  upsertCustomers,
  type RedactCustomer,
} from '../src/index.ts';
import {
  customer,
  HELD,
  newEmail,
  newNumber,
  newShop,
  openPrivacy,
  placeOf,
  type PrivacyWorld,
} from './privacy-support.ts';
import { applyScore } from './support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const redact = (input: Omit<RedactCustomer, 'requestId'> & { requestId?: string }) =>
  world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, { requestId: randomUUID(), ...input }));
const create = async (merchantId: MerchantId, email: string, externalId?: ExternalId) =>
  (await world.as('api', (tx, ctx) => createCustomer(tx, ctx, { merchantId, email, externalId }), merchantId))
    .customerId;
const idsOf = async (merchantId: MerchantId) =>
  (await world.rows<{ ids: string[] }>('customer_import_ids', merchantId)).map(({ ids }) => ids);
const row = async (merchantId: MerchantId, id: string) =>
  (await world.rows<{ id: CustomerId; [column: string]: unknown }>('customers', merchantId)).find(
    (each) => each.id === id,
  )!;

// By this number, the importers delete the metafields in the shop, and then the row: segment-syncs.spec.ts.
const UNTIL_METAFIELDS_ARE_DELETED = [{ table: 'public.segment_writes', canary: 'number', rows: 1 }];

/** A person with data in every place that stores any. */
async function aPerson() {
  const shop = await world.connect();
  const { merchantId } = shop;
  const number = newNumber();
  const email = newEmail();
  const importId = await world.newRun(shop);
  await world.page(merchantId, importId, [
    customer(number, email, { note: `called by ${email}` }),
    customer(number + 1, newEmail()),
  ]);
  const page = { merchantId, importId, slice: 1, fence: 1, page: 0 };
  await world.as('importer', (tx) => storeIds(tx, { ...page, ids: [number, number + 1] }));
  const error = { externalId: gid(number), reason: 'invalid_email' };
  await world.given.importErrors({ merchantId, importId }, [error]);
  const stored = (
    await world.rows<{ id: CustomerId; external_id: string; email: string }>('customers', merchantId)
  ).find((each) => each.external_id === gid(number))!;
  await world.park(merchantId, stored.id);
  await world.writeSegment(shop, number);
  await world.webhook(shop.shop, 'customers/update', {
    id: number,
    email,
    updated_at: '2026-02-01T00:00:00Z',
  });
  await world.webhook(shop.shop, 'customers/update', { id: number + 1, email: newEmail() });
  await world.webhook(shop.shop, 'customers/create', `not JSON, but ${email}`);
  await world.owner.query(
    `update webhook_events set outcome = 'failed', error = 'invalid_body' where shop = $1 and topic = 'customers/create'`,
    [shop.shop],
  );
  const canaries = {
    email,
    email_hash: await world.hashOf(merchantId, email),
    ciphertext: stored.email,
    external_id: gid(number),
    number: String(number),
  };
  return { ...shop, importId, number, email, id: stored.id, canaries };
}

it('leaves no data of a person in any table, and reports what it removed', async () => {
  const { merchantId, number, id, canaries } = await aPerson();
  const before = await world.search(canaries);
  expect(before).toEqual(
    expect.arrayContaining([
      { table: 'public.customers', canary: 'email', rows: 1 },
      { table: 'public.customers', canary: 'email_hash', rows: 1 },
      { table: 'public.customers', canary: 'ciphertext', rows: 1 },
      { table: 'public.customers', canary: 'external_id', rows: 1 },
      { table: 'public.customer_import_errors', canary: 'external_id', rows: 1 },
      { table: 'public.customer_import_ids', canary: 'number', rows: 1 },
      { table: 'public.segment_writes', canary: 'number', rows: 1 },
    ]),
  );

  const emptied = HELD.flatMap(([place, { ofPerson }]) =>
    'erase' in ofPerson && ofPerson.removes.length > 0 ? [place] : [],
  );
  expect(emptied).toEqual(
    expect.arrayContaining([...new Set(before.map(({ table }) => table.replace('public.', '')))]),
  );

  const receipt = await redact({ merchantId, externalId: gid(number) });
  expect(receipt.customerId).toBe(id);
  // Otherwise a step of the list would not be tested here.
  expect(receipt.places.filter(({ found }) => found > 0).map(({ place }) => place)).toEqual(emptied);
  expect(
    receipt.places
      .filter(({ found }) => found > 0)
      .map(({ place, found, removed }) => [place, found, removed]),
  ).toEqual([
    [
      'customers',
      1,
      ['email', 'email_hash', 'external_id', 'metadata', 'rfm_score', 'content_hash', 'source_updated_at'],
    ],
    ['segment_writes', 1, ['written_segment', 'written_score']],
    ['customer_import_errors', 1, ['rows']],
    ['customer_import_ids', 1, ['external_id']],
    ['parked_events', 1, ['rows']],
    ['webhook_events', 2, ['body']],
  ]);
  for (const place of [
    'outbox_events',
    'inbox_events',
    'audit_log',
    'dead letters',
    'import jobs',
    'backups',
  ]) {
    expect(placeOf(receipt, place)).toMatchObject({
      found: 0,
      removed: [],
      remark: expect.stringMatching(/\w/),
    });
  }
  expect(await world.search(canaries)).toEqual(UNTIL_METAFIELDS_ARE_DELETED);
  // Other customers keep their data.
  expect(await idsOf(merchantId)).toEqual([[String(number + 1)]]);
  const webhooks = await world.rows<{ body: string | null; outcome: string | null }>(
    'webhook_events',
    merchantId,
  );
  expect(webhooks.filter(({ body }) => body !== null)).toMatchObject([{ outcome: null }]);
  expect(webhooks.filter(({ body }) => body === null)).toMatchObject([
    { outcome: 'ignored' },
    { outcome: 'ignored' },
  ]);
});

it('returns the receipt of a repeated request, and does not touch a person who has returned meanwhile', async () => {
  const { merchantId } = newShop();
  const email = newEmail();
  await create(merchantId, email);
  const requestId = randomUUID();
  const receipt = await redact({ merchantId, email, requestId });
  const returned = await create(merchantId, email);
  const before = await world.rows('audit_log', merchantId);
  expect(await redact({ merchantId, email, requestId })).toEqual(receipt);
  expect((await row(merchantId, returned))['erased_at']).toBeNull();
  expect(await world.rows('audit_log', merchantId)).toEqual(before);
  expect(await world.rows('privacy_requests', merchantId)).toMatchObject([
    { receipt, completed_at: expect.any(Date) },
  ]);
});

it('refuses the id of a request of another kind', async () => {
  const { merchantId } = newShop();
  await world.given.aRequest(merchantId, { requestId: 'r', kind: 'data_request' });
  await expect(redact({ merchantId, externalId: externalIdOf('x'), requestId: 'r' })).rejects.toMatchObject({
    kind: 'invalid_argument',
    field: 'request_id',
  });
});

it.each<['kept' | 'merged']>([['kept'], ['merged']])(
  'erases all customers that the source merged, when the %s one is named',
  async (named) => {
    const { merchantId } = newShop();
    const [kept, merged] = [newNumber(), newNumber()];
    await world.page(merchantId, anImportId(), [
      customer(kept, newEmail()),
      customer(merged, newEmail(), { a: 1 }),
    ]);
    await world.as('worker', (tx, ctx) =>
      mergeCustomers(tx, ctx, {
        merchantId,
        keptExternalId: gid(kept),
        mergedExternalId: gid(merged),
        origin: 'webhook',
      }),
    );
    const receipt = await redact({ merchantId, externalId: gid(named === 'kept' ? kept : merged) });
    expect(placeOf(receipt, 'customers')).toMatchObject({
      found: 2,
      remark: expect.stringContaining('merged'),
    });
    expect(placeOf(receipt, 'erasure_tombstones').remark).toMatch(/^3 written/);
    for (const each of await world.rows('customers', merchantId)) {
      expect(each).toMatchObject({ external_id: null, metadata: null, erased_at: expect.any(Date) });
    }
  },
);

describe('an email that two customers share', () => {
  const share = async () => {
    const { merchantId } = newShop();
    const email = newEmail();
    const [first, second] = [newNumber(), newNumber()];
    for (const each of [first, second]) await world.page(merchantId, anImportId(), [customer(each, email)]);
    const rows = await world.rows<{ external_id: string; email_hash: Buffer | null; id: string }>(
      'customers',
      merchantId,
    );
    expect(rows.filter(({ email_hash: hash }) => hash === null)).toHaveLength(1);
    return { merchantId, email, first, second };
  };
  const erased = async (merchantId: MerchantId) =>
    (await world.rows('customers', merchantId)).filter((each) => each['erased_at'] !== null).length;

  it('leads to both, when it is the only name', async () => {
    const { merchantId, email } = await share();
    const receipt = await redact({ merchantId, email: email.toUpperCase() });
    expect(await erased(merchantId)).toBe(2);
    expect(placeOf(receipt, 'customers').remark).toContain('1 of them found by decrypting');
  });

  it.each([undefined, aCustomerId()])(
    'leaves a tombstone although no customer is indexed by it, with the id %s',
    async (customerId) => {
      const { merchantId, email } = await share();
      await world.owner.query('update customers set email_hash = null where merchant_id = $1', [merchantId]);
      const receipt = await redact({ merchantId, email, customerId });
      expect(await erased(merchantId)).toBe(2);
      // Both external ids, and the email.
      expect(placeOf(receipt, 'erasure_tombstones').remark).toMatch(/^3 written/);
    },
  );

  it('leads only to the customer whose id is given', async () => {
    const { merchantId, email, second } = await share();
    await redact({ merchantId, email, externalId: gid(second) });
    expect(await erased(merchantId)).toBe(1);
    const live = (await world.rows('customers', merchantId)).find((each) => each['erased_at'] === null)!;
    expect(live['email_hash']).not.toBeNull();
  });

  it('is found although another email is unreadable; the receipt says that not all were read', async () => {
    const { merchantId, email } = await share();
    await world.owner.query(`insert into customers (merchant_id, email) values ($1, '7.AAAA')`, [merchantId]);
    const receipt = await redact({ merchantId, email });
    expect(await erased(merchantId)).toBe(2);
    expect(placeOf(receipt, 'customers').remark).toContain('not every email');
  });
});

describe('a late or concurrent write', () => {
  it('does not restore the person: a page, its errors, a score, a deletion, a merge', async () => {
    const { merchantId, importId, number, email, id, canaries } = await aPerson();
    await redact({ merchantId, customerId: id });
    expect(await world.page(merchantId, importId, [customer(number, email)])).toMatchObject({
      skipped: 1,
      created: 0,
    });
    expect(await world.page(merchantId, importId, [customer(number, 'no address')])).toMatchObject({
      skipped: 1,
    });
    const unstorable = { ...customer(number, email), sourceUpdatedAt: new Date(NaN) };
    expect(await world.page(merchantId, importId, [unstorable])).toMatchObject({ failed: 1 });
    const score = { recency: 5, frequency: 5, monetary: 5, asOf: new Date().toISOString(), sequence: 1n };
    expect(
      await world.as('worker', (tx, ctx) => applyScore(tx, ctx, { merchantId, customerId: id, score })),
    ).toBe('erased');
    await world.as('worker', (tx, ctx) =>
      deleteCustomers(tx, ctx, { merchantId, externalIds: [gid(number)], origin: 'webhook' }),
    );
    await world.as('worker', (tx, ctx) =>
      mergeCustomers(tx, ctx, {
        merchantId,
        keptExternalId: gid(number + 1),
        mergedExternalId: gid(number),
        origin: 'webhook',
      }),
    );
    expect(await world.search(canaries)).toEqual(UNTIL_METAFIELDS_ARE_DELETED);
  });

  it('waits for the erasure: a page that read tombstones before they were written', async () => {
    const { merchantId } = newShop();
    const number = newNumber();
    await world.hashOf(merchantId, 'its-keys@example.com');
    let page: Promise<unknown> | undefined;
    // The erasure has looked up the person, and has not committed.
    await inTransaction(world.pools.worker, async (tx) => {
      await redactCustomer(tx, world.ctx, { merchantId, requestId: randomUUID(), externalId: gid(number) });
      page = world.page(merchantId, anImportId(), [customer(number, newEmail())]);
      await waitForLocks(1);
    });
    expect(await page).toMatchObject({ created: 0, skipped: 1 });
    expect(await world.rows('customers', merchantId)).toEqual([]);
  });

  it('delays the erasure: a page that has stored the person, and has not committed', async () => {
    const { merchantId } = newShop();
    const number = newNumber();
    let erasure: ReturnType<typeof redact> | undefined;
    await world.as('importer', async (tx, ctx) => {
      await upsertCustomers(tx, ctx, {
        merchantId,
        importId: anImportId(),
        customers: [customer(number, newEmail())],
      });
      erasure = redact({ merchantId, externalId: gid(number) });
      await waitForLocks(1);
    });
    expect(placeOf(await erasure!, 'customers').found).toBe(1);
    expect(await world.rows('customers', merchantId)).toMatchObject([{ external_id: null, email: null }]);
  });

  it('attaches no external id to a customer who is erased while CreateCustomer runs', async () => {
    const { merchantId } = newShop();
    const [email, externalId] = [newEmail(), gid(newNumber())];
    const id = await create(merchantId, email);
    let erasure: Promise<unknown> | undefined;
    // The erasure does not commit until CreateCustomer waits for the row.
    const eraseAndHold = () =>
      new Promise<void>((emptied) => {
        erasure = world.as('worker', async (tx, ctx) => {
          await redactCustomer(tx, ctx, { merchantId, requestId: randomUUID(), customerId: id });
          emptied();
          await waitForLocks(1, 'transactionid');
        });
      });
    const created = await world.as(
      'api',
      (tx, ctx) =>
        createCustomer(
          {
            ...tx,
            ...readerOf(async (text, values, name) => {
              const rows = await tx.query(text, values, name);
              if (/^select "id" as "id", "external_id"/.test(text) && !erasure) await eraseAndHold();
              return rows as never[];
            }),
          },
          ctx,
          { merchantId, email, externalId },
        ),
      merchantId,
    );
    await erasure;
    expect(await row(merchantId, id)).toMatchObject({ external_id: null, erased_at: expect.any(Date) });
    expect(created).toEqual({ customerId: expect.not.stringContaining(id), created: true });
    expect(await row(merchantId, created.customerId)).toMatchObject({ external_id: externalId });
  });

  it('does not restore an erased row, whatever name it has', async () => {
    const { merchantId } = newShop();
    const number = newNumber();
    const id = await create(merchantId, newEmail());
    await redact({ merchantId, customerId: id });
    // As a build with that race may have left it.
    await world.owner.query('update customers set external_id = $2 where id = $1', [id, gid(number)]);
    const before = await row(merchantId, id);
    const page = [{ ...customer(number, newEmail(), { a: 1 }), sourceUpdatedAt: new Date() }];
    expect(await world.page(merchantId, anImportId(), page)).toMatchObject({
      skipped: 1,
      updated: 0,
      created: 0,
    });
    expect(await row(merchantId, id)).toEqual(before);
  });

  const waitForLocks = (n: number, type = 'advisory') =>
    waitUntil(
      async () =>
        (await world.owner.query('select from pg_locks where not granted and locktype = $1', [type]))
          .rowCount === n,
      { what: 'a transaction to wait' },
    );
});

it('erases while pages of the same people are stored, and leaves no person half erased', async () => {
  const shop = newShop();
  const { merchantId } = shop;
  const first = newNumber();
  const people = Array.from({ length: 40 }, (_, n) => customer(first + n, newEmail()));
  const importId = await world.newRun(shop);
  await world.page(merchantId, importId, people);
  // Pages run one after the other, as in a slice: two concurrent pages with the same people would lose races
  // to each other.
  const pages = async () => {
    for (let pass = 0; pass < 12; pass++) {
      const changed = people.map((each) => ({ ...each, metadata: { pass } }));
      await world.page(merchantId, importId, changed);
    }
  };
  const erasures = people
    .filter((_, n) => n % 2 === 0)
    .map((each) => redact({ merchantId, externalId: each.externalId }));
  await Promise.all([pages(), ...erasures]);
  const rows = await world.rows('customers', merchantId);
  expect(rows).toHaveLength(40);
  const gone = rows.filter((each) => each['erased_at'] !== null);
  expect(gone).toHaveLength(20);
  for (const each of gone)
    expect(each).toMatchObject({ email: null, email_hash: null, external_id: null, metadata: null });
  for (const each of people.slice(0, 1)) {
    expect(await world.search({ external_id: each.externalId })).toEqual([]);
  }
});
