import { sql, type Column, type SQL } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { emailHash, type MerchantKeys } from '@core/crypto';
import { columns, customers, many, oneOf, relation, statement, type Reader } from '@core/db';
import { CoreError } from '@core/runtime';

/** A person, named by at least one of the three; an empty one counts as not given. */
export interface PersonNames {
  customerId?: CustomerId | undefined;
  externalId?: ExternalId | undefined;
  email?: string | undefined;
}

/** The names of one request mean two customers, or may: nobody can tell who is meant. */
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
 * The customer of that name, erased and deleted ones included: by our own id; else, also when nobody has that id, by
 * the external id; else by the email, but with an external id given only somebody who has none yet, whom an import with
 * both would have claimed.
 *
 * An email may be several customers', so beside an id it decides nothing. An id is one customer's: two that lead to two
 * customers do not tell who is meant. Rejected: to let our own id win, because neither an erasure nor an answer that is
 * handed over can be taken back. Neither does an external id that nobody has beside the email of a customer with another
 * one: the id may be mistyped, or the email another person's. Rejected: to find nobody, because the request would count
 * as done while the person who may be meant is here.
 * @param keys null when the merchant has none: then nobody is found by email
 * @throws NamesDisagree when the two ids name two customers whom no merge made one, or the external id nobody and the
 *   email a customer with another one
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
  if (holder?.externalId && externalId) throw emailOfAnother();
  return holder?.id ?? null;
}

/** Nobody has the external id, and somebody the email. */
export const emailOfAnother = (): NamesDisagree =>
  new NamesDisagree('external_id', 'is nobody’s here, and the email that of a customer with another one');

const areOne = async (
  reader: Reader,
  merchantId: MerchantId,
  one: CustomerId,
  other: CustomerId,
): Promise<boolean> =>
  one === other || (await reader.run(ONE_WITH, { merchantId, ids: [one] })).some(({ id }) => id === other);

/**
 * A query of the ids of all customers that merges in the source made one with these, themselves included:
 * those merged into them, and those that they were merged into. The source said that they are one person, so
 * a request for one of them covers all.
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
