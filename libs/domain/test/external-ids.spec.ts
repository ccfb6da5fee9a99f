// tag: compliance
import { randomUUID } from 'node:crypto';
import { externalIdOf, type CustomerId, type MerchantId } from '@core/contracts';
import { keyedHash } from '@core/crypto';
import { anImportId, gid } from '@core/testing';
import {
  createCustomer,
  deleteCustomers,
  normalizeExternalIds,
  mergeCustomers,
  recordPrivacyRequest,
  redactCustomer,
  updateCustomer,
  upsertCustomers,
  type RedactCustomer,
  type RecordPrivacyRequest,
} from '../src/index.ts';
import {
  customer,
  newEmail,
  newNumber,
  newShop,
  openPrivacy,
  placeOf,
  type PrivacyWorld,
} from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

interface Row {
  id: CustomerId;
  external_id: string | null;
  email_hash: Buffer | null;
  version: number;
  deleted_at: Date | null;
  erased_at: Date | null;
  merged_into: string | null;
}
const rowsOf = async (merchantId: MerchantId) =>
  (await world.rows<Row>('customers', merchantId)).sort((a, b) => (a.id < b.id ? -1 : 1));
const create = async (merchantId: MerchantId, externalId: string, email = newEmail()) =>
  (
    await world.as(
      'api',
      (tx, ctx) => createCustomer(tx, ctx, { merchantId, email, externalId: externalIdOf(externalId) }),
      merchantId,
    )
  ).customerId;
const update = (merchantId: MerchantId, customerId: CustomerId, externalId: string) =>
  world.as(
    'api',
    (tx, ctx) => updateCustomer(tx, ctx, { merchantId, customerId, externalId: externalIdOf(externalId) }),
    merchantId,
  );
const redact = (
  merchantId: MerchantId,
  names: Omit<RedactCustomer, 'merchantId' | 'requestId'>,
  id = randomUUID(),
) => world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, { merchantId, requestId: id, ...names }));
const request = (input: Omit<RecordPrivacyRequest, 'kind'>) =>
  world.as('worker', (tx, ctx) => recordPrivacyRequest(tx, ctx, { ...input, kind: 'data_request' }));
const eventsOf = async (merchantId: MerchantId) =>
  (
    await world.rows<{ customer_id: string; version: number; changed_fields: string[]; origin: string }>(
      'outbox_events',
      merchantId,
    )
  ).sort((a, b) => a.version - b.version);
/** Stores the row's external id as an earlier build stored it. */
const storeAs = (id: string, externalId: string) =>
  world.owner.query('update customers set external_id = $2 where id = $1', [id, externalId]);
/** Normalizes all pages, as the plan of a full run does. */
const normalize = async (merchantId: MerchantId) => {
  for (let after: string | null = null; ;) {
    const from: string | null = after;
    after = await world.as(
      'importer',
      (tx, ctx) => normalizeExternalIds(tx, ctx, { merchantId, origin: 'import', after: from }),
      merchantId,
    );
    if (after === null) return;
  }
};

describe('an external id', () => {
  it('names one customer by its gid in CreateCustomer, UpdateCustomer and an import', async () => {
    const { merchantId } = newShop();
    const [number, email] = [newNumber(), newEmail()];
    const id = await create(merchantId, gid(number), email);
    expect(await rowsOf(merchantId)).toMatchObject([{ id, external_id: gid(number), version: 1 }]);
    expect(await create(merchantId, gid(number), email)).toBe(id);
    await expect(create(merchantId, gid(number))).rejects.toMatchObject({ field: 'external_id' });
    await update(merchantId, id, gid(number));
    expect(await rowsOf(merchantId)).toMatchObject([{ id, version: 1 }]);
    const other = await create(merchantId, gid(newNumber()));
    await expect(update(merchantId, other, gid(number))).rejects.toMatchObject({ field: 'external_id' });
    await world.page(merchantId, anImportId(), [{ ...customer(number, email), externalId: gid(number) }]);
    expect((await rowsOf(merchantId)).map((row) => row.external_id).sort()).toContain(gid(number));
    expect(await rowsOf(merchantId)).toHaveLength(2);
  });

  it('permanently identifies the person of an erasure', async () => {
    const { merchantId } = newShop();
    const [number, email] = [newNumber(), newEmail()];
    await world.page(merchantId, anImportId(), [customer(number, email)]);
    const [row] = await rowsOf(merchantId);
    const requestId = randomUUID();
    const receipt = await redact(merchantId, { externalId: gid(number) }, requestId);
    expect(receipt.customerId).toBe(row!.id);
    expect(placeOf(receipt, 'customers').found).toBe(1);
    expect(await redact(merchantId, { externalId: gid(number) }, requestId)).toEqual(receipt);

    await world.page(merchantId, anImportId(), [customer(number, newEmail())]);
    await world.as('worker', (tx, ctx) =>
      deleteCustomers(tx, ctx, { merchantId, externalIds: [gid(number)], origin: 'webhook' }),
    );
    expect(await rowsOf(merchantId)).toMatchObject([{ id: row!.id, external_id: null }]);
  });

  it('identifies the customers of a data_request, a deletion and a merge', async () => {
    const { merchantId } = newShop();
    const [one, two] = [newNumber(), newNumber()];
    await world.page(merchantId, anImportId(), [customer(one, newEmail()), customer(two, newEmail())]);
    const [first, second] = await rowsOf(merchantId);
    const requestId = randomUUID();
    expect(await request({ merchantId, requestId, externalId: gid(one) })).toMatchObject({
      recorded: true,
    });
    expect(await request({ merchantId, requestId, externalId: gid(one) })).toMatchObject({ recorded: false });
    expect(await world.rows('privacy_requests', merchantId)).toMatchObject([{ customer_id: first!.id }]);
    const kept = {
      keptExternalId: gid(one),
      mergedExternalId: gid(two),
      origin: 'webhook' as const,
    };
    await world.as('worker', (tx, ctx) => mergeCustomers(tx, ctx, { merchantId, ...kept }));
    await world.as('worker', (tx, ctx) =>
      deleteCustomers(tx, ctx, { merchantId, externalIds: [gid(one)], origin: 'webhook' }),
    );
    expect(await rowsOf(merchantId)).toMatchObject([
      { id: first!.id, deleted_at: expect.any(Date) },
      { id: second!.id, deleted_at: expect.any(Date), merged_into: first!.id },
    ]);
    await expect(
      world.as('worker', (tx, ctx) =>
        mergeCustomers(tx, ctx, { merchantId, ...kept, mergedExternalId: gid(one) }),
      ),
    ).rejects.toMatchObject({ kind: 'invalid_argument' });
  });
});

/** Earlier builds stored an id as it was given. */
const FORMS: [string, (number: number) => string][] = [
  ['the bare number', (number) => String(number)],
  ['the bare number with space around it', (number) => ` ${number}\n`],
  ['a gid with a query', (number) => `${gid(number)}?key=x`],
  ['a gid in another case, with a slash', (number) => `GID://Shopify/Customer/${number}/`],
  ['a gid in base64', (number) => Buffer.from(gid(number)).toString('base64')],
];

describe.each(FORMS)('%s', (_, form) => {
  it('stored by an earlier build becomes the gid with the next full import', async () => {
    const { merchantId } = newShop();
    const number = newNumber();
    const id = await create(merchantId, gid(number));
    await storeAs(id, form(number));
    await normalize(merchantId);
    await normalize(merchantId);
    expect(await rowsOf(merchantId)).toMatchObject([{ id, external_id: gid(number), version: 2 }]);
    expect((await eventsOf(merchantId)).slice(1)).toMatchObject([
      { customer_id: id, version: 2, changed_fields: ['external_id'], origin: 'import' },
    ]);
    expect(await world.rows('audit_log', merchantId)).toContainEqual(
      expect.objectContaining({ action: 'customer.update', customer_id: id }),
    );
  });

  it('stored by an earlier build beside the gid is merged into it with the next full import', async () => {
    const { merchantId } = newShop();
    const [number, email] = [newNumber(), newEmail()];
    const id = await create(merchantId, gid(newNumber()), email);
    await storeAs(id, form(number));
    await world.page(merchantId, anImportId(), [customer(number, email)]);
    await normalize(merchantId);
    const rows = await rowsOf(merchantId);
    const survivor = rows.find((row) => row.external_id === gid(number))!;
    expect(survivor).toMatchObject({ deleted_at: null, email_hash: await world.hashOf(merchantId, email) });
    expect(rows.filter((row) => row !== survivor)).toMatchObject([
      { id, external_id: null, merged_into: survivor.id, deleted_at: expect.any(Date) },
    ]);
    const written = (await eventsOf(merchantId)).length;
    await normalize(merchantId);
    expect(await eventsOf(merchantId)).toHaveLength(written);
  });
});

describe('a bare number that an earlier build stored', () => {
  const bare = async () => {
    const { merchantId } = newShop();
    const [number, email] = [newNumber(), newEmail()];
    const id = await create(merchantId, gid(number), email);
    await storeAs(id, String(number));
    return { merchantId, number, email, id };
  };
  const erasedIds = async (merchantId: MerchantId) =>
    (await rowsOf(merchantId)).filter((row) => row.erased_at).map(({ id }) => id);

  it('is found by an erasure that names the gid', async () => {
    const { merchantId, number, id } = await bare();
    await redact(merchantId, { externalId: gid(number) });
    expect(await erasedIds(merchantId)).toEqual([id]);
  });

  it('is erased together with the customer of its gid, whichever of them is named', async () => {
    for (const by of ['externalId', 'bareId', 'gidId'] as const) {
      const { merchantId, number, id } = await bare();
      await world.page(merchantId, anImportId(), [customer(number, newEmail())]);
      const other = (await rowsOf(merchantId)).find((row) => row.id !== id)!.id;
      const names = {
        externalId: { externalId: gid(number) },
        bareId: { customerId: id },
        gidId: { customerId: other },
      };
      await redact(merchantId, names[by]);
      expect((await erasedIds(merchantId)).sort()).toEqual([id, other].sort());
    }
  });

  it('is found by a data_request, and refused as taken by CreateCustomer and UpdateCustomer', async () => {
    const { merchantId, number, email, id } = await bare();
    expect(await create(merchantId, gid(number), email)).toBe(id);
    await expect(create(merchantId, gid(number))).rejects.toMatchObject({ field: 'external_id' });
    const other = await create(merchantId, gid(newNumber()));
    await expect(update(merchantId, other, gid(number))).rejects.toMatchObject({ field: 'external_id' });
    await request({ merchantId, requestId: randomUUID(), externalId: gid(number) });
    expect(await world.rows('privacy_requests', merchantId)).toMatchObject([{ customer_id: id }]);
  });
});

describe('a hash that an earlier build made of a bare number', () => {
  const hashed = async () => {
    const { merchantId } = newShop();
    const number = newNumber();
    const keys = await world.as('owner', (tx, ctx) => ctx.keys.findOrCreate(tx, merchantId));
    return { merchantId, number, hash: keyedHash(keys, 'external_id', String(number)) };
  };

  it('prevents the person from being stored again, as a tombstone', async () => {
    const { merchantId, number, hash } = await hashed();
    await world.owner.query(
      `insert into erasure_tombstones (merchant_id, kind, hash, request_id) values ($1, 'external_id', $2, 'r')`,
      [merchantId, hash],
    );
    expect(await world.page(merchantId, anImportId(), [customer(number, newEmail())])).toMatchObject({
      skipped: 1,
    });
    await world.as('worker', (tx, ctx) =>
      upsertCustomers(tx, ctx, { merchantId, customers: [customer(number, null)] }),
    );
    await world.as('worker', (tx, ctx) =>
      deleteCustomers(tx, ctx, { merchantId, externalIds: [gid(number)], origin: 'webhook' }),
    );
    expect(await rowsOf(merchantId)).toEqual([]);
    // The person may sign up again, and the log records it.
    await create(merchantId, gid(number));
    expect(await world.rows('audit_log', merchantId)).toContainEqual(
      expect.objectContaining({ detail: expect.objectContaining({ returned_after_erasure: true }) }),
    );
  });

  it('identifies the same person in a request', async () => {
    const { merchantId, number, hash } = await hashed();
    const requestId = randomUUID();
    await request({ merchantId, requestId, externalId: gid(number) });
    await world.owner.query('update privacy_requests set named_external_id = $2 where merchant_id = $1', [
      merchantId,
      hash,
    ]);
    expect(await request({ merchantId, requestId, externalId: gid(number) })).toMatchObject({
      recorded: false,
    });
    await expect(request({ merchantId, requestId, externalId: gid(newNumber()) })).rejects.toThrow();

    const done = randomUUID();
    const receipt = await redact(merchantId, { externalId: gid(number) }, done);
    await world.owner.query(
      `update privacy_requests set receipt = jsonb_set(receipt, '{names,external_id}', to_jsonb($3::text))
        where merchant_id = $1 and request_id = $2`,
      [merchantId, done, hash.toString('hex')],
    );
    expect(await redact(merchantId, { externalId: externalIdOf(String(number)) }, done)).toEqual(receipt);
  });
});

it.each(FORMS)(
  '%s that an earlier build stored is found by an erasure and a data_request',
  async (_, form) => {
    const { merchantId } = newShop();
    const [number, other] = [newNumber(), newNumber()];
    const [erased, requested] = [await create(merchantId, gid(number)), await create(merchantId, gid(other))];
    await storeAs(erased, form(number));
    await storeAs(requested, form(other));
    const receipt = await redact(merchantId, { externalId: gid(number) });
    expect(receipt.customerId).toBe(erased);
    await request({ merchantId, requestId: randomUUID(), externalId: gid(other) });
    expect((await world.rows('privacy_requests', merchantId)).map((row) => row['customer_id'])).toContain(
      requested,
    );
  },
);

it('leaves ids of other systems as they are', async () => {
  const { merchantId } = newShop();
  const ids = ['crm-7', '0007', 'gid://shopify/Order/7', 'C 7?x=y'];
  for (const id of ids) await create(merchantId, id);
  await normalize(merchantId);
  expect((await rowsOf(merchantId)).map((row) => row.external_id)).toEqual(ids);
  expect(await eventsOf(merchantId)).toHaveLength(ids.length);
});

it('normalizes more customers than fit into one page', async () => {
  const { merchantId } = newShop();
  await world.owner.query(
    `insert into customers (merchant_id, external_id)
     select $1, case when n % 3 = 0 then n::text when n % 3 = 1 then 'crm-' || n else 'gid://shopify/Customer/' || n end
       from generate_series(1, 1800) as n`,
    [merchantId],
  );
  await normalize(merchantId);
  const ids = (await rowsOf(merchantId)).map((row) => row.external_id!);
  expect(ids.filter((id) => id.startsWith('gid://'))).toHaveLength(1_200);
  expect(ids.filter((id) => id.startsWith('crm-'))).toHaveLength(600);
}, 120_000);
