import { externalIdOf, type CustomerId, type MerchantId } from '@core/contracts';
import { createMerchantKeyStore, parseKeyring } from '@core/crypto';
import { inTransaction } from '@core/db';
import { aCustomerId, anImportId } from '@core/testing';
import {
  createCustomer,
  findCustomerByEmail,
  redactCustomer,
  updateCustomer,
  upsertCustomers,
  type CommandContext,
  type ImportedCustomer,
} from '../src/index.ts';
import { auditOf, emailOf, eventsOf, merchant, openWorld, rowsOf, type World } from './support.ts';

let world: World;
beforeAll(async () => (world = await openWorld('core_importer')));
afterAll(() => world.close());

const from = (
  n: number | string,
  email: string | null | undefined,
  extra: Partial<ImportedCustomer> = {},
): ImportedCustomer => ({
  externalId: externalIdOf(`gid://shopify/Customer/${n}`),
  email,
  metadata: { tags: ['a'], number_of_orders: 1 },
  sourceUpdatedAt: new Date('2026-01-01T00:00:00Z'),
  ...extra,
});
const upsert = (merchantId: MerchantId, customers: ImportedCustomer[], importId = anImportId()) =>
  world.run((tx, ctx) => upsertCustomers(tx, ctx, { merchantId, importId, customers }));
/** Runs with the owner's rights: api and worker may do this, the importer may not. */
const asOwner = <T>(work: (tx: Parameters<typeof createCustomer>[0], ctx: CommandContext) => Promise<T>) =>
  inTransaction(world.owner, (tx) => work(tx, world.ctx));
const errorsOf = async (merchantId: MerchantId) =>
  (
    await world.owner.query('select external_id, reason from customer_import_errors where merchant_id = $1', [
      merchantId,
    ])
  ).rows;

it('stores a page exactly, then writes and emits nothing for the same page', async () => {
  const merchantId = merchant();
  const page = Array.from({ length: 250 }, (_, n) =>
    from(1000 + n, n % 50 === 0 ? null : `Person.${n}@example.com`),
  );
  expect(await upsert(merchantId, page)).toEqual({
    created: 250,
    updated: 0,
    unchanged: 0,
    skipped: 0,
    failed: 0,
  });
  const rows = await rowsOf(world, merchantId);
  expect(rows).toHaveLength(250);
  for (const n of [0, 1, 249]) {
    expect(rows[n]).toMatchObject({
      external_id: page[n]!.externalId,
      metadata: page[n]!.metadata,
      version: 1,
    });
    expect(await emailOf(world, merchantId, rows[n]!)).toBe(page[n]!.email);
  }
  expect(await eventsOf(world, merchantId)).toHaveLength(250);
  expect(await auditOf(world, merchantId)).toMatchObject([{ action: 'import.page' }]);

  expect(await upsert(merchantId, page)).toMatchObject({ created: 0, updated: 0, unchanged: 250 });
  expect(await rowsOf(world, merchantId)).toEqual(rows);
  expect(await eventsOf(world, merchantId)).toHaveLength(250);
  expect(await auditOf(world, merchantId)).toHaveLength(1);
});

it('updates what the source changed and keeps what it does not report', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'ada@example.com'), from(2, 'bob@example.com')]);
  const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
  const counts = await upsert(merchantId, [
    from(1, undefined, { ...later, metadata: { tags: ['b'] } }),
    from(2, 'robert@example.com', later),
  ]);
  expect(counts).toMatchObject({ updated: 2 });
  const [ada, bob] = await rowsOf(world, merchantId);
  expect(await emailOf(world, merchantId, ada!)).toBe('ada@example.com');
  expect(ada!.metadata).toEqual({ tags: ['b'], number_of_orders: 1 });
  expect(await emailOf(world, merchantId, bob!)).toBe('robert@example.com');
  expect(
    (await eventsOf(world, merchantId)).slice(2).map((event) => [event.topic, event.changed_fields]),
  ).toEqual([
    ['customer.updated', ['metadata']],
    ['customer.updated', ['email']],
  ]);
});

describe.each([
  ['an import', () => anImportId()],
  ['a webhook', () => undefined],
])('a null of %s', (_, importId) => {
  const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
  const say = (merchantId: MerchantId, ...customers: ImportedCustomer[]) =>
    asOwner((tx, ctx) => upsertCustomers(tx, ctx, { merchantId, importId: importId(), customers }));
  const findBy = (merchantId: MerchantId, email: string) =>
    world.run((tx, ctx) => findCustomerByEmail(tx, ctx, { merchantId, email }), merchantId);

  it('empties the email, its index and metadata, and emits an event', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [from(1, 'ada@example.com')]);
    const metadata = { tags: [], number_of_orders: null };
    expect(await say(merchantId, from(1, null, { ...later, metadata }))).toMatchObject({ updated: 1 });
    expect(await rowsOf(world, merchantId)).toMatchObject([
      { email: null, email_hash: null, metadata, version: 2 },
    ]);
    expect((await eventsOf(world, merchantId)).at(-1)).toMatchObject({
      topic: 'customer.updated',
      version: 2,
      changed_fields: ['email', 'metadata'],
    });
    await expect(findBy(merchantId, 'ada@example.com')).rejects.toMatchObject({ kind: 'not_found' });
    expect(await say(merchantId, from(1, null, { ...later, metadata }))).toMatchObject({ unchanged: 1 });
    expect(await eventsOf(world, merchantId)).toHaveLength(2);
  });

  it('frees the email for the next customer who has it, in the same page or later', async () => {
    for (const together of [true, false]) {
      const merchantId = merchant();
      await upsert(merchantId, [from(1, 'ada@example.com'), from(2, 'bob@example.com')]);
      const [one, two] = [from(1, null, later), from(2, 'ada@example.com', later)];
      for (const page of together ? [[one, two]] : [[one], [two]]) await say(merchantId, ...page);
      const [, second] = await rowsOf(world, merchantId);
      expect(await findBy(merchantId, 'ada@example.com')).toMatchObject({ id: second!.id });
      expect(await emailOf(world, merchantId, second!)).toBe('ada@example.com');
    }
  });

  it('does not change an erased customer, and keeps the tombstone of the email', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [from(1, 'ada@example.com')]);
    const { externalId } = from(1, null);
    await asOwner((tx, ctx) => redactCustomer(tx, ctx, { merchantId, requestId: 'r1', externalId }));
    expect(await say(merchantId, from(1, null, later))).toMatchObject({ skipped: 1 });
    expect(await say(merchantId, from(9, 'ada@example.com', later))).toMatchObject({ skipped: 1 });
  });
});

it('removes an email that an earlier build kept although the shop had emptied it', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'ada@example.com')]);
  // That build stored a content hash of the metadata alone.
  await world.owner.query(
    `update customers set content_hash = sha256('{"number_of_orders":1,"tags":["a"]}') where merchant_id = $1`,
    [merchantId],
  );
  expect(await upsert(merchantId, [from(1, null)])).toMatchObject({ updated: 1 });
  expect(await rowsOf(world, merchantId)).toMatchObject([{ email: null, email_hash: null }]);
});

it('keeps an email that was set here, until the source reports something new', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, null)]);
  // As an earlier build left it: the first import stores its own content hash, and raises no version.
  await world.owner.query(
    `update customers set content_hash = sha256('{"number_of_orders":1,"tags":["a"]}') where merchant_id = $1`,
    [merchantId],
  );
  expect(await upsert(merchantId, [from(1, null)])).toMatchObject({ unchanged: 1 });
  const [{ id: customerId } = { id: aCustomerId() }] = await rowsOf(world, merchantId);
  const email = 'set.here@example.com';
  await asOwner((tx, ctx) => updateCustomer(tx, ctx, { merchantId, customerId, email }));
  expect(await upsert(merchantId, [from(1, null)])).toMatchObject({ unchanged: 1 });
  const [row] = await rowsOf(world, merchantId);
  expect(await emailOf(world, merchantId, row!)).toBe(email);
  const news = from(1, null, {
    metadata: { tags: ['b'] },
    sourceUpdatedAt: new Date('2026-02-01T00:00:00Z'),
  });
  await upsert(merchantId, [news]);
  expect(await rowsOf(world, merchantId)).toMatchObject([{ email: null, email_hash: null, version: 3 }]);
});

it('swaps the emails of two customers within a page', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'a@example.com'), from(2, 'b@example.com')]);
  await upsert(merchantId, [from(1, 'b@example.com'), from(2, 'a@example.com')]);
  const [one, two] = await rowsOf(world, merchantId);
  expect(await emailOf(world, merchantId, one!)).toBe('b@example.com');
  expect(await emailOf(world, merchantId, two!)).toBe('a@example.com');
  expect([one!.version, two!.version]).toEqual([2, 2]);
  expect(one!.email_hash).not.toBeNull();
});

it('claims the customer that the api created with this email', async () => {
  const merchantId = merchant();
  const { customerId } = await asOwner((tx, ctx) =>
    createCustomer(tx, ctx, { merchantId, email: 'ada@example.com' }),
  );
  expect(await upsert(merchantId, [from(1, 'ADA@example.com')])).toMatchObject({ created: 0, updated: 1 });
  expect(await rowsOf(world, merchantId)).toMatchObject([
    { id: customerId, external_id: from(1, null).externalId },
  ]);
});

it('stores a shared email without its blind index and logs it once per import', async () => {
  const merchantId = merchant();
  const importId = anImportId();
  await upsert(merchantId, [from(1, 'a@example.com'), from(2, 'a@example.com')], importId);
  const [one, two] = await rowsOf(world, merchantId);
  expect(one!.email_hash).not.toBeNull();
  expect(two!.email_hash).toBeNull();
  expect(await emailOf(world, merchantId, two!)).toBe('a@example.com');
  expect(await errorsOf(merchantId)).toEqual([{ external_id: two!.external_id, reason: 'email_shared' }]);
});

it('indexes a shared email once it is free, and writes nothing until then', async () => {
  const merchantId = merchant();
  const page = [from(1, 'a@example.com'), from(2, 'a@example.com')];
  await upsert(merchantId, page);
  const waiting = await rowsOf(world, merchantId);
  const events = await eventsOf(world, merchantId);
  const again = anImportId();
  expect(await upsert(merchantId, page, again)).toMatchObject({ created: 0, updated: 0, unchanged: 2 });
  expect(await rowsOf(world, merchantId)).toEqual(waiting);
  expect(await eventsOf(world, merchantId)).toEqual(events);
  // Each run that reads it logs it.
  expect(await errorsOf(merchantId)).toHaveLength(2);

  // A local edit stays.
  const { id: customerId } = waiting[1]!;
  const metadata = { edited: true };
  await asOwner((tx, ctx) => updateCustomer(tx, ctx, { merchantId, customerId, metadata }));
  const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
  await upsert(merchantId, [from(1, 'b@example.com', later)]);
  expect(await upsert(merchantId, page.slice(1))).toMatchObject({ updated: 1 });
  const [, restored] = await rowsOf(world, merchantId);
  expect(restored).toMatchObject({ email_hash: waiting[0]!.email_hash, version: 3 });
  expect(restored!.metadata).toEqual(metadata);
  expect(await emailOf(world, merchantId, restored!)).toBe('a@example.com');
  expect((await eventsOf(world, merchantId)).at(-1)).toMatchObject({ version: 3, changed_fields: ['email'] });
  expect(await upsert(merchantId, page.slice(1))).toMatchObject({ unchanged: 1 });
});

it('stores an email that another customer holds for a customer without one', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'a@example.com'), from(2, null)]);
  const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
  expect(await upsert(merchantId, [from(2, 'a@example.com', later)])).toMatchObject({ updated: 1 });
  const [, two] = await rowsOf(world, merchantId);
  expect(two).toMatchObject({ email_hash: null });
  expect(await emailOf(world, merchantId, two!)).toBe('a@example.com');
  expect(await upsert(merchantId, [from(2, 'a@example.com', later)])).toMatchObject({ unchanged: 1 });
});

it('stores the rest of a page that contains an unstorable row', async () => {
  const merchantId = merchant();
  const counts = await upsert(merchantId, [
    from(1, 'a@example.com'),
    from(2, null, { metadata: { note: 'x\u0000' } }),
    from(3, null, { metadata: {}, sourceUpdatedAt: new Date(0), fault: 'unreadable_customer' }),
    from(4, null, { metadata: { tags: ['half an emoji \ud83d'] } }),
    from(5, null, { metadata: { tags: ['looks like \\u0000 and \\ud83d', 'whole \u{1f600}'] } }),
  ]);
  expect(counts).toMatchObject({ created: 2, failed: 3 });
  expect((await errorsOf(merchantId)).map(({ reason }) => reason as string).sort()).toEqual([
    'invalid_metadata',
    'invalid_metadata',
    'unreadable_customer',
  ]);
});

it('stores a customer without the fields that could not be read, and keeps their earlier values', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, null, { metadata: { number_of_orders: 12, state: 'ENABLED' } })]);
  const later = new Date('2026-02-01T00:00:00Z');
  const leftOut = ['invalid_number_of_orders' as const];
  const page = [from(1, null, { metadata: { state: 'DISABLED' }, sourceUpdatedAt: later, leftOut })];
  expect(await upsert(merchantId, page)).toMatchObject({ updated: 1, failed: 0 });
  const [row] = await rowsOf(world, merchantId);
  expect(row!.metadata).toEqual({ number_of_orders: 12, state: 'DISABLED' });
  expect(await errorsOf(merchantId)).toMatchObject([{ reason: 'invalid_number_of_orders' }]);
});

describe('the RFM group of Shopify', () => {
  const grouped = (rfm_group: string | null, extra: Partial<ImportedCustomer> = {}) =>
    from(1, 'ada@example.com', { metadata: { number_of_orders: 1, rfm_group, tags: ['a'] }, ...extra });
  const groupOf = async (merchantId: MerchantId) =>
    (await rowsOf(world, merchantId))[0]!.metadata as Record<string, unknown>;

  it('is taken with an equal time of the last change, and not with an earlier one', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [grouped('NEW')]);
    expect(await upsert(merchantId, [grouped('LOYAL')])).toMatchObject({ updated: 1 });
    expect(await groupOf(merchantId)).toMatchObject({ rfm_group: 'LOYAL' });
    const earlier = { sourceUpdatedAt: new Date('2025-12-31T23:59:59Z') };
    expect(await upsert(merchantId, [grouped('NEW', earlier)])).toMatchObject({ updated: 0, unchanged: 1 });
    expect(await groupOf(merchantId)).toMatchObject({ rfm_group: 'LOYAL' });
    expect(await upsert(merchantId, [grouped('LOYAL')])).toMatchObject({ updated: 0 });
    expect(await upsert(merchantId, [grouped(null)])).toMatchObject({ updated: 1 });
    expect(await groupOf(merchantId)).toMatchObject({ rfm_group: null });
    expect(await eventsOf(world, merchantId)).toHaveLength(3);
  });

  it('stays when the source of a run does not report it, and nothing counts as new then', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [grouped('NEW')]);
    const before = await rowsOf(world, merchantId);
    expect(await upsert(merchantId, [from(1, 'ada@example.com')])).toMatchObject({
      updated: 0,
      unchanged: 1,
    });
    expect(await rowsOf(world, merchantId)).toEqual(before);
    const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
    const changed = from(1, 'ada@example.com', { ...later, metadata: { number_of_orders: 2, tags: ['a'] } });
    expect(await upsert(merchantId, [changed])).toMatchObject({ updated: 1 });
    expect(await groupOf(merchantId)).toEqual({ number_of_orders: 2, rfm_group: 'NEW', tags: ['a'] });
    const whole = grouped('NEW', {
      ...later,
      metadata: { number_of_orders: 2, rfm_group: 'NEW', tags: ['a'] },
    });
    const stored = await rowsOf(world, merchantId);
    expect(await upsert(merchantId, [whole])).toMatchObject({ updated: 0 });
    expect(await rowsOf(world, merchantId)).toEqual(stored);
  });

  it('leaves an edit made here in place when a source without the group reports nothing new', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [grouped('NEW')]);
    const [row] = await rowsOf(world, merchantId);
    const metadata = { note: 'x', number_of_orders: 9, rfm_group: 'NEW', tags: ['a'] };
    const customerId = row!.id as CustomerId;
    await asOwner((tx, ctx) => updateCustomer(tx, ctx, { merchantId, customerId, metadata }));
    expect(await upsert(merchantId, [from(1, 'ada@example.com')])).toMatchObject({
      updated: 0,
      unchanged: 1,
    });
    expect(await groupOf(merchantId)).toEqual(metadata);
  });

  it('stays when a webhook reports the customer', async () => {
    const merchantId = merchant();
    await upsert(merchantId, [grouped('NEW')]);
    const later = { sourceUpdatedAt: new Date('2026-02-01T00:00:00Z') };
    const said = from(1, 'ada@example.com', { ...later, metadata: { state: 'DISABLED' } });
    await asOwner((tx, ctx) => upsertCustomers(tx, ctx, { merchantId, customers: [said] }));
    expect(await groupOf(merchantId)).toMatchObject({ rfm_group: 'NEW', state: 'DISABLED' });
  });
});

it('logs for a run what its last read of a customer found', async () => {
  const merchantId = merchant();
  const importId = anImportId();
  const broken = [
    from(1, null, { fault: 'unreadable_customer' }),
    from(2, 'no address'),
    from(3, 'c@example.com'),
  ];
  await upsert(merchantId, broken, importId);
  expect((await errorsOf(merchantId)).map(({ reason }) => reason)).toHaveLength(2);
  // Errors of another run and of another customer stay.
  await upsert(merchantId, [from(1, null, { fault: 'unreadable_customer' })], anImportId());
  await upsert(merchantId, [from(1, 'a@example.com'), from(3, 'c@example.com')], importId);
  expect((await errorsOf(merchantId)).map(({ reason }) => reason as string).sort()).toEqual([
    'invalid_email',
    'unreadable_customer',
  ]);
});

it('logs an id that PostgreSQL cannot store, and stores the rest of its page', async () => {
  const merchantId = merchant();
  const page = [from(1, 'a@example.com'), { ...from(2, null), externalId: externalIdOf('gid\u0000') }];
  expect(await upsert(merchantId, page)).toMatchObject({ created: 1, failed: 1 });
  expect(await errorsOf(merchantId)).toMatchObject([
    { external_id: 'gid\uFFFD', reason: 'invalid_external_id' },
  ]);
});

it('does not restore an erased person, unless they signed up again', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'ada@example.com')]);
  const externalId = from(1, null).externalId;
  await asOwner((tx, ctx) => redactCustomer(tx, ctx, { merchantId, requestId: 'r1', externalId }));
  expect(await upsert(merchantId, [from(1, 'ada@example.com'), from(9, 'Ada@example.com')])).toMatchObject({
    skipped: 2,
    created: 0,
  });
  const back = await asOwner((tx, ctx) => createCustomer(tx, ctx, { merchantId, email: 'ada@example.com' }));
  expect(back.created).toBe(true);
  expect(await upsert(merchantId, [from(1, 'ada@example.com'), from(9, 'ada@example.com')])).toMatchObject({
    skipped: 1,
    updated: 1,
  });
  const live = (await rowsOf(world, merchantId)).filter((row) => row.erased_at === null);
  expect(live).toMatchObject([{ id: back.customerId, external_id: from(9, null).externalId }]);
});

it('stays correct when pages and the api write the same people concurrently', async () => {
  const merchantId = merchant();
  const people = Array.from({ length: 40 }, (_, n) => ({ id: n, email: `p${n}@example.com` }));
  const later = (n: number) => ({ sourceUpdatedAt: new Date(Date.UTC(2026, 0, 1 + n)), metadata: { n } });
  await Promise.all([
    ...Array.from({ length: 6 }, (_, n) =>
      upsert(
        merchantId,
        people.map((p) => from(p.id, p.email, later(n))),
      ),
    ),
    ...people.map((p) => asOwner((tx, ctx) => createCustomer(tx, ctx, { merchantId, email: p.email }))),
  ]);
  const rows = await rowsOf(world, merchantId);
  expect(rows).toHaveLength(40);
  expect(new Set(rows.map((row) => row.external_id)).size).toBe(40);
  expect(rows.every((row) => row.metadata!['n'] === 5)).toBe(true);
  const events = await eventsOf(world, merchantId);
  for (const row of rows) {
    const versions = events.filter((event) => event.customer_id === row.id).map((event) => event.version);
    expect(versions).toEqual(Array.from({ length: row.version }, (_, n) => n + 1));
  }
});

it('decrypts nothing without the merchant’s keys', async () => {
  const merchantId = merchant();
  await upsert(merchantId, [from(1, 'ada@example.com')]);
  // The same key id with another secret, as after an operator's mistake.
  const other = createMerchantKeyStore(parseKeyring(`k1:${Buffer.alloc(32, 9).toString('base64')}`));
  const [row] = await rowsOf(world, merchantId);
  await expect(emailOf({ ...world, ctx: { ...world.ctx, keys: other } }, merchantId, row!)).rejects.toThrow(
    /cannot unwrap a merchant's keys/,
  );
});

it('names the new or changed customer of a webhook in the audit log', async () => {
  const merchantId = merchant();
  const hear = (...customers: ImportedCustomer[]) =>
    asOwner((tx, ctx) => upsertCustomers(tx, ctx, { merchantId, customers }));
  await hear(from(1, 'ada@example.com'));
  await hear(from(1, 'grace@example.com', { sourceUpdatedAt: new Date('2026-01-02T00:00:00Z') }));
  await hear(from(2, 'b@example.com'), from(3, 'c@example.com'));
  const [{ id } = { id: '' }] = await rowsOf(world, merchantId);
  expect(await auditOf(world, merchantId)).toMatchObject([
    { action: 'webhook.customers', customer_id: id, detail: { created: 1 } },
    { action: 'webhook.customers', customer_id: id, detail: { updated: 1 } },
    // Two customers at once are only counted: their events name them.
    { action: 'webhook.customers', customer_id: null, detail: { created: 2 } },
  ]);
});
