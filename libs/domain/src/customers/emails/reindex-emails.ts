import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { MerchantId } from '@core/contracts';
import { earlierEmailHashes, emailHash, type MerchantKeys } from '@core/crypto';
import { assign, columns, customers, many, relation, statement, unnest, type Tx } from '@core/db';

/**
 * Indexes these emails by the present rule where an earlier build indexed them by its own. It is called
 * before a write looks up their holders: the plain emails are known only then, because the index contains
 * hashes alone. When several customers have one email by the present rule, the holder of the present index
 * keeps it, else the oldest customer gets it. The others have the email without an index, as after any import
 * (email_shared). Ordinary emails have one form, and cost no statement.
 *
 * Changes no version and appends no event, because no reader sees a change. Rejected: decrypting every email
 * in a migration, for the sake of the few whose form has changed.
 */
export async function reindexEmails(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: MerchantId,
  emails: readonly string[],
): Promise<void> {
  const changed = emails.flatMap((email) =>
    earlierEmailHashes(keys, email).map((earlier) => ({ earlier, present: emailHash(keys, email) })),
  );
  if (changed.length === 0) return;
  await tx.run(REINDEX, {
    merchantId,
    earlier: changed.map(({ earlier }) => earlier),
    present: changed.map(({ present }) => present),
  });
}

const REINDEX = statement({
  params: {
    merchantId: customers.merchantId,
    earlier: many(customers.emailHash),
    present: many(customers.emailHash),
  },
  text(p) {
    const given = unnest('given', { earlier: p.earlier, present: p.present });
    const form = relation('form', given);
    const [c, other] = [alias(customers, 'c'), alias(customers, 'other')];
    const shape = {
      id: c.id,
      present: form.present,
      isFirst: sql`row_number() over (partition by ${form.present} order by ${c.id}) = 1
        and not exists (
          select from ${customers} as ${other}
           where ${other.merchantId} = ${p.merchantId} and ${other.emailHash} = ${form.present})`,
    };
    const held = relation('held', shape);
    return sql`
      with ${held} as (
        select ${columns(shape)}
          from (select distinct ${columns(given)} from ${given}) as ${form}
          join ${customers} as ${c} on ${c.merchantId} = ${p.merchantId} and ${c.emailHash} = ${form.earlier})
      update ${customers}
         set ${assign(customers, { emailHash: sql`case when ${held.isFirst} then ${held.present} end` })}
        from ${held}
       where ${customers.merchantId} = ${p.merchantId} and ${customers.id} = ${held.id}`;
  },
});
