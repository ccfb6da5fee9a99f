import { randomUUID } from 'node:crypto';
import { externalIdOf, gidOf, type ExternalId, type MerchantId } from '@core/contracts';
import { inTransaction } from '@core/db';
import { createCustomer } from '@core/domain';
import type { FieldStack } from '../stack.ts';

/** All names of a person, and the shop of their merchant. */
export interface Person {
  merchantId: MerchantId;
  customerId: string;
  /** gid://shopify/Customer/N. */
  externalId: ExternalId;
  /** Only some persons have an email: encrypting one takes long. */
  email?: string;
  shop: string;
}

const MERCHANTS = 5;
/** One in this many persons has an email. */
const WITH_EMAIL = 12;
/** Beyond 2^53 and odd, so that a double cannot represent it. */
const FIRST_NUMBER = 9_007_199_254_741_993n;

/** Creates customers of some merchants, each with a connected shop. */
export async function makePeople(stack: FieldStack, count: number): Promise<Person[]> {
  const merchants = await Promise.all(Array.from({ length: MERCHANTS }, () => stack.newShop()));
  const people = Array.from({ length: count }, (_, n): Person => {
    const { merchantId, shop } = merchants[n % MERCHANTS] as (typeof merchants)[number];
    const externalId = gidOf(String(FIRST_NUMBER + BigInt(n) * 2n));
    return { merchantId, shop, customerId: randomUUID(), externalId };
  });
  await stack.owner.query(
    `insert into customers (id, merchant_id, external_id)
     select * from unnest($1::uuid[], $2::uuid[], $3::text[])`,
    [
      people.map((one) => one.customerId),
      people.map((one) => one.merchantId),
      people.map((one) => one.externalId),
    ],
  );
  return Promise.all(people.map((one, n) => (n % WITH_EMAIL === 0 ? withEmail(stack, one) : one)));
}

async function withEmail({ owner, ctx }: FieldStack, person: Person): Promise<Person> {
  const { merchantId } = person;
  const [email, externalId] = [`p.${randomUUID()}@example.com`, externalIdOf(`${person.externalId}0`)];
  const { customerId } = await inTransaction(owner, (tx) =>
    createCustomer(tx, ctx(), { merchantId, email, externalId }),
  );
  return { ...person, customerId, externalId, email };
}
