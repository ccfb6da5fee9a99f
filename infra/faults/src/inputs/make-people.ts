import { randomUUID } from 'node:crypto';
import { createMerchantKeyStore, inTransaction } from '@core/db';
import { createCustomer } from '@core/domain';
import type { FaultStack } from '../events/stack.ts';
import type { Person } from './request-inputs.ts';

const MERCHANTS = 5;
/** One in so many has an email. */
const WITH_EMAIL = 12;

/** Customers of some merchants, each with a connected shop. */
export async function makePeople(
  { owner, keys }: Pick<FaultStack, 'owner' | 'keys'>,
  count: number,
): Promise<Person[]> {
  const merchants = Array.from({ length: MERCHANTS }, () => ({
    merchantId: randomUUID(),
    shop: `inputs-${randomUUID().slice(0, 8)}.myshopify.com`,
  }));
  for (const [n, { merchantId, shop }] of merchants.entries()) {
    await owner.query(
      `insert into shopify_connections (merchant_id, shop, access_token, shop_id) values ($1, $2, 'sealed', $3)`,
      [merchantId, shop, n + 1],
    );
  }
  const people: Person[] = [];
  for (let n = 0; n < count; n++) {
    const merchant = merchants[n % MERCHANTS] as (typeof merchants)[number];
    people.push({
      ...merchant,
      customerId: randomUUID(),
      externalId: `gid://shopify/Customer/${9_007_199_254_740_993n + BigInt(n) * 2n}`,
    });
  }
  await owner.query(
    `insert into customers (id, merchant_id, external_id)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[])`,
    [
      people.map((one) => one.customerId),
      people.map((one) => one.merchantId),
      people.map((one) => one.externalId),
    ],
  );
  return Promise.all(
    people.map((person, n) => (n % WITH_EMAIL === 0 ? withEmail(owner, keys, person) : person)),
  );
}

async function withEmail(
  owner: FaultStack['owner'],
  keys: ReturnType<typeof createMerchantKeyStore>,
  person: Person,
): Promise<Person> {
  const email = `p.${randomUUID()}@example.com`;
  const ctx = { caller: 'faults', requestId: randomUUID(), keys };
  const { merchantId, externalId } = person;
  const given = `${externalId}0`;
  const { customerId } = await inTransaction(owner, (tx) =>
    createCustomer(tx, ctx, { merchantId, email, externalId: given }),
  );
  return { ...person, customerId, externalId: given, email };
}
