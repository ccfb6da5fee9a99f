import { earlierEmailHashes, emailHash, type MerchantKeys, type Tx } from '@core/db';

/**
 * Indexes these emails by the present rule where an earlier build indexed them by its own. It is called before a write
 * looks for their holders: nothing else knows the emails, as the index has hashes alone. When several customers have
 * one email by the present rule, the holder of the present index keeps it, else the oldest customer gets it; the others
 * have the email without an index, as after any import (email_shared). Ordinary emails have one form, and cost no
 * statement.
 *
 * No version and no event: no reader sees a change. Rejected: decrypting every email in a migration, for the sake of the
 * few whose form has changed.
 */
export async function reindexEmails(
  tx: Tx,
  keys: MerchantKeys,
  merchantId: string,
  emails: readonly string[],
): Promise<void> {
  const changed = emails.flatMap((email) =>
    earlierEmailHashes(keys, email).map((earlier) => ({ earlier, present: emailHash(keys, email) })),
  );
  if (changed.length === 0) return;
  await tx.query(REINDEX, [
    merchantId,
    changed.map(({ earlier }) => earlier),
    changed.map(({ present }) => present),
  ]);
}

const REINDEX = `
  with held as (
    select c.id, form.present,
           row_number() over (partition by form.present order by c.id) = 1
             and not exists (select from customers o where o.merchant_id = $1 and o.email_hash = form.present) as first
      from (select distinct earlier, present from unnest($2::bytea[], $3::bytea[]) as form (earlier, present)) as form
      join customers c on c.merchant_id = $1 and c.email_hash = form.earlier)
  update customers c set email_hash = case when held.first then held.present end
    from held
   where c.merchant_id = $1 and c.id = held.id`;
