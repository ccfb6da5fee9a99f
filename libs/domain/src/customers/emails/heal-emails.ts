import { appendAudit, appendToOutbox, emailHash, type Origin, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { openUnindexed, openUnindexedOf } from './shared-emails.ts';

export interface HealEmails {
  merchantId: string;
  origin: Origin;
  /** Looks at this customer alone. */
  customerId?: string;
}

/**
 * Gives customers their email's blind index who were stored without it, as it was another's then, and which is free by
 * now: until then nobody finds them by their email. Of several who share one the oldest gets it. Nothing leads from an
 * email that became free to those who wait for it, so they are decrypted, up to a bound; an import heals the others
 * when it reads them. Rejected: a second, not unique index of hashes, which costs every customer for the sake of few.
 * @returns the external ids of the healed
 */
export async function healEmails(tx: Tx, ctx: CommandContext, input: HealEmails): Promise<string[]> {
  const { merchantId, origin, customerId } = input;
  const emails = customerId
    ? await openUnindexedOf(tx, ctx, merchantId, customerId)
    : (await openUnindexed(tx, ctx, merchantId)).emails;
  if (emails.length === 0) return [];
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const hashes = emails.map(({ plain }) => emailHash(keys, plain));
  const rows = await tx.query<{ id: string; version: number; external_id: string | null }>(HEAL, [
    merchantId,
    emails.map(({ id }) => id),
    emails.map(({ email }) => email),
    hashes,
  ]);
  if (rows.length === 0) return [];
  const changedFields = ['email'];
  await appendToOutbox(
    tx,
    rows.map(({ id, version }) => ({
      merchantId,
      customerId: id,
      version,
      changedFields,
      origin,
      traceparent: ctx.traceparent,
    })),
  );
  const [only] = rows.length === 1 ? rows : [];
  await appendAudit(tx, ctx, {
    merchantId,
    customerId: only?.id,
    action: 'customer.update',
    detail: { origin, changed_fields: changedFields, customers: rows.length },
  });
  return rows.flatMap(({ external_id }) => external_id ?? []);
}

// Each hash is looked up through the index by itself: of a shop that has just been read the statistics know nothing, and
// a join may read all of it. What was encrypted anew meanwhile may have changed, and waits for the next time.
const HEAL = `
  with free as materialized (
    select distinct on (hash) id, sealed, hash
      from unnest($2::uuid[], $3::text[], $4::bytea[]) as held (id, sealed, hash)
     where (select c.id from customers c
             where c.merchant_id = (select $1::uuid) and c.email_hash = held.hash limit 1) is null
     order by hash, id)
  update customers c set email_hash = free.hash, version = c.version + 1
    from free
   where c.merchant_id = $1 and c.id = free.id and c.email = free.sealed and c.email_hash is null
  returning c.id, c.version, c.external_id`;
