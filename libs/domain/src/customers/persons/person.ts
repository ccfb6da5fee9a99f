import { sql, type Column, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { columns, customers, many, oneOf, relation, statement, type Reader } from '@core/db';
import { CoreError } from '@core/runtime';

/** A person, named by at least one of the three; an empty one counts as absent. */
export interface PersonNames {
  customerId?: CustomerId | undefined;
  externalId?: ExternalId | undefined;
  email?: string | undefined;
}

/** The names of one request refer to two customers, or may do so: it is unclear which person is meant. */
export class NamesDisagree extends CoreError {
  override name = 'NamesDisagree';

  constructor(field: string, rule: string) {
    super('invalid_argument', `${field}: ${rule}`, { field });
  }
}

const { merchantId, id, externalId } = customers;

const findBy = <C extends Column>(named: C) =>
  statement({
    params: { merchantId, named },
    row: { id, externalId },
    text: (p, row) =>
      sql`select ${row} from ${customers} where ${merchantId} = ${p.merchantId} and ${named} = ${p.named}`,
  });
const BY_ID = findBy(id);
const BY_EXTERNAL_ID = findBy(externalId);
const BY_EMAIL = findBy(customers.emailHash);

/**
 * Finds the customer with these names, including erased and deleted ones. Our own id decides; if it is absent
 * or unknown, the external id; and else the email. If an external id is given, the email finds only a
 * customer without one, which an import with both would have claimed.
 *
 * Several customers may have one email, so it decides nothing beside an id. An id belongs to one customer:
 * two ids that lead to two customers do not identify a person. Rejected: to let our own id win, because an
 * erasure or a delivered answer cannot be undone. An unknown external id beside the email of a customer with
 * a different one identifies no person either: the id may be mistyped, or the email may be another person's.
 * Rejected: to find no customer, because the request would count as done while the person who may be meant is
 * stored here.
 * @param keys null when the merchant has none: then no customer is found by email
 * @throws NamesDisagree when the two ids name two customers that no merge joined, or when no customer has the
 * external id and the email belongs to a customer with another one
 */
export async function findPerson(
  reader: Reader,
  keys: MerchantKeys | null,
  merchantId: MerchantId,
  { customerId, externalId, email }: PersonNames,
): Promise<CustomerId | null> {
  const [own] = customerId ? await reader.run(BY_ID, { merchantId, named: customerId }) : [];
  const [known] = externalId ? await reader.run(BY_EXTERNAL_ID, { merchantId, named: externalId }) : [];
  if (own && known && !(await areOne(reader, merchantId, own.id, known.id))) {
    throw new NamesDisagree('customer_id', 'and external_id must name one customer');
  }
  if (own || known || !email || !keys) return own?.id ?? known?.id ?? null;
  const [holder] = await reader.run(BY_EMAIL, { merchantId, named: emailHash(keys, email) });
  if (holder?.externalId && externalId) throw emailHolderMismatch();
  return holder?.id ?? null;
}

/** No customer has the external id, and a customer with another one has the email. */
export const emailHolderMismatch = (): NamesDisagree =>
  new NamesDisagree(
    'external_id',
    'matches no customer, and the email belongs to a customer with a different external_id',
  );

const areOne = async (
  reader: Reader,
  merchantId: MerchantId,
  one: CustomerId,
  other: CustomerId,
): Promise<boolean> =>
  one === other || (await reader.run(ONE_WITH, { merchantId, ids: [one] })).some(({ id }) => id === other);

/**
 * Query for the ids of all customers that merges in the source joined with these, including these: the
 * customers merged into them, and those they were merged into. According to the source they are one person,
 * so a request for one of them covers all.
 * @param p parameters: the merchant, and the array of ids
 */
export function mergedWith(p: Record<'merchantId' | 'ids', SQL>): SQL {
  const c = alias(customers, 'c');
  const shape = { id: c.id, mergedInto: c.mergedInto };
  const one = relation('one', shape);
  const next = relation('next', shape);
  return sql`
    with recursive ${one} as (
      select ${columns(shape)} from ${customers} as ${c}
       where ${c.merchantId} = ${p.merchantId} and ${oneOf(c.id, p.ids)}
      union
      select ${next.id}, ${next.mergedInto}
        from ${one} cross join lateral (
             select ${columns(shape)} from ${customers} as ${c}
              where ${c.merchantId} = ${p.merchantId} and ${c.mergedInto} = ${one.id}
             union all
             select ${columns(shape)} from ${customers} as ${c}
              where ${c.merchantId} = ${p.merchantId} and ${c.id} = ${one.mergedInto}) as ${next})
    select ${columns({ id: one.id })} from ${one}`;
}

const ONE_WITH = statement({
  params: { merchantId, ids: many(id) },
  row: { id },
  text: (p) => mergedWith(p),
});
