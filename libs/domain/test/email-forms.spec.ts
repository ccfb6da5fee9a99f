// tag: compliance
import { randomUUID } from 'node:crypto';
import type { CustomerId, MerchantId } from '@core/contracts';
import { keyedHash } from '@core/crypto';
import { anImportId } from '@core/testing';
import {
  createCustomer,
  findCustomerByEmail,
  recordPrivacyRequest,
  redactCustomer,
  updateCustomer,
} from '../src/index.ts';
import { customer, newNumber, newShop, openPrivacy, placeOf, type PrivacyWorld } from './privacy-support.ts';

let world: PrivacyWorld;
beforeAll(async () => (world = await openPrivacy()));
afterAll(() => world.close());

const create = async (merchantId: MerchantId, email: string) =>
  (await world.as('api', (tx, ctx) => createCustomer(tx, ctx, { merchantId, email }), merchantId)).customerId;
const update = (merchantId: MerchantId, customerId: CustomerId, email: string) =>
  world.as('api', (tx, ctx) => updateCustomer(tx, ctx, { merchantId, customerId, email }), merchantId);
const findBy = async (merchantId: MerchantId, email: string) =>
  (await world.as('api', (tx, ctx) => findCustomerByEmail(tx, ctx, { merchantId, email }), merchantId)).id;
const page = (merchantId: MerchantId, email: string, number = newNumber()) =>
  world.page(merchantId, anImportId(), [customer(number, email)]);
const redact = (merchantId: MerchantId, email: string, requestId = randomUUID()) =>
  world.as('worker', (tx, ctx) => redactCustomer(tx, ctx, { merchantId, requestId, email }));
const rowsOf = async (merchantId: MerchantId) =>
  (
    await world.rows<{ id: string; email_hash: Buffer | null; version: number; erased_at: Date | null }>(
      'customers',
      merchantId,
    )
  ).sort((a, b) => (a.id < b.id ? -1 : 1));

/** Returns the hash of an earlier build: of the email as it was written, in lower case. */
const earlierHash = async (merchantId: MerchantId, email: string) => {
  const keys = await world.as('owner', (tx, ctx) => ctx.keys.findOrCreate(tx, merchantId));
  return { keys, hash: keyedHash(keys, 'email', email.normalize('NFKC').trim().toLowerCase()) };
};
const indexAsBefore = async (merchantId: MerchantId, id: string, email: string) => {
  const { hash } = await earlierHash(merchantId, email);
  await world.owner.query('update customers set email_hash = $2 where id = $1', [id, hash]);
};

// Two spellings of one email that earlier builds treated as two emails.
const SPELLINGS: [string, string, string][] = [
  ['a domain and its punycode', 'ada@m\u00fcnchen.example', 'Ada@XN--mnchen-3ya.example'],
  ['punycode and its domain', 'ada@xn--mnchen-3ya.example', 'ada@M\u00dcNCHEN.example'],
  ['final and inner sigma', '\u03bc\u03b1\u03c2@example.com', '\u03bc\u03b1\u03c3@example.com'],
  ['inner and final sigma', '\u03bc\u03b1\u03c3@example.com', '\u039c\u0391\u03a3@example.com'],
];

describe.each(SPELLINGS)('%s', (_, one, other) => {
  it('are one customer', async () => {
    const { merchantId } = newShop();
    const id = await create(merchantId, one);
    expect(await create(merchantId, other)).toBe(id);
    expect(await findBy(merchantId, other)).toBe(id);
    await update(merchantId, id, other);
    expect(await page(merchantId, other)).toMatchObject({ created: 0, updated: 1 });
    expect(await rowsOf(merchantId)).toMatchObject([{ id, version: 2 }]);
  });

  it('are found by either spelling when an earlier build indexed one, and are indexed again', async () => {
    for (const spelling of [one, other]) {
      const { merchantId } = newShop();
      const id = await create(merchantId, one);
      const present = (await rowsOf(merchantId))[0]!.email_hash;
      await indexAsBefore(merchantId, id, one);
      expect(await findBy(merchantId, spelling)).toBe(id);
      expect(await create(merchantId, spelling)).toBe(id);
      expect(await rowsOf(merchantId)).toMatchObject([{ id, email_hash: present, version: 1 }]);
      await indexAsBefore(merchantId, id, one);
      expect(await page(merchantId, spelling)).toMatchObject({ created: 0, updated: 1 });
      expect(await rowsOf(merchantId)).toMatchObject([{ id, email_hash: present }]);
    }
  });

  it('are shared when an earlier build indexed both: one customer is found, both exist', async () => {
    const { merchantId } = newShop();
    const [first, second] = [await create(merchantId, one), await create(merchantId, 'b@example.com')];
    await indexAsBefore(merchantId, first, one);
    await indexAsBefore(merchantId, second, other);
    await page(merchantId, other);
    const indexed = (await rowsOf(merchantId)).filter(({ email_hash: hash }) => hash !== null);
    expect(indexed).toHaveLength(1);
    expect(await findBy(merchantId, one)).toBe(indexed[0]!.id);
    expect(await findBy(merchantId, other)).toBe(indexed[0]!.id);
  });

  it('are refused when another customer has one of them', async () => {
    const { merchantId } = newShop();
    const id = await create(merchantId, one);
    await indexAsBefore(merchantId, id, one);
    const another = await create(merchantId, 'another@example.com');
    await expect(update(merchantId, another, other)).rejects.toMatchObject({ field: 'email' });
  });

  it('are permanently erased by either spelling', async () => {
    for (const before of [false, true]) {
      const { merchantId } = newShop();
      const id = await create(merchantId, one);
      if (before) await indexAsBefore(merchantId, id, one);
      const requestId = randomUUID();
      const receipt = await redact(merchantId, other, requestId);
      expect(placeOf(receipt, 'customers').found).toBe(1);
      expect(await redact(merchantId, one, requestId)).toEqual(receipt);
      expect(await page(merchantId, one)).toMatchObject({ skipped: 1 });
      expect(await page(merchantId, other)).toMatchObject({ skipped: 1 });
    }
  });

  it('stay erased when an earlier build stored its own hash, and their requests are recognized', async () => {
    const { merchantId } = newShop();
    const requestId = randomUUID();
    const receipt = await redact(merchantId, one, requestId);
    const { keys, hash } = await earlierHash(merchantId, one);
    const tombstone = await world.as('owner', async (tx) => {
      const [row] = await tx.query<{ hash: Buffer }>(
        `select hmac('erased_email|'::bytea || $1::bytea, $2::bytea, 'sha256') as hash`,
        [hash, keys.indexKey],
      );
      return row!.hash;
    });
    await world.owner.query('update erasure_tombstones set hash = $2 where merchant_id = $1', [
      merchantId,
      tombstone,
    ]);
    expect(await page(merchantId, other)).toMatchObject({ skipped: 1 });
    await world.owner.query(
      `update privacy_requests set receipt = jsonb_set(receipt, '{names,email}', to_jsonb($2::text)) where merchant_id = $1`,
      [merchantId, tombstone.toString('hex')],
    );
    expect(await redact(merchantId, other, requestId)).toEqual(receipt);
  });

  it('identify one person in a data_request', async () => {
    const { merchantId } = newShop();
    const id = await create(merchantId, one);
    await indexAsBefore(merchantId, id, one);
    const request = { merchantId, requestId: randomUUID(), kind: 'data_request' as const };
    for (const email of [other, one]) {
      await world.as('worker', (tx, ctx) => recordPrivacyRequest(tx, ctx, { ...request, email }));
    }
    expect(await world.rows('privacy_requests', merchantId)).toMatchObject([{ customer_id: id }]);
  });
});

it('keeps ß and ss apart, in the name and in the domain', async () => {
  const { merchantId } = newShop();
  const emails = [
    'stra\u00dfe@example.com',
    'strasse@example.com',
    'ada@fa\u00df.example',
    'ada@fass.example',
  ];
  const ids = new Set<string>();
  for (const email of emails) ids.add(await create(merchantId, email));
  expect(ids.size).toBe(4);
  for (const [n, email] of emails.entries()) expect(await findBy(merchantId, email)).toBe([...ids][n]);
});
