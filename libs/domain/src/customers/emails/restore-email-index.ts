import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CustomerId, MerchantId } from '@core/contracts';
import { emailHash } from '@core/crypto';
import {
  appendAudit,
  appendToOutbox,
  assign,
  columns,
  customers,
  many,
  relation,
  statement,
  unnest,
  type Origin,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { decryptUnindexed, decryptUnindexedOf } from './shared-emails.ts';

export interface RestoreEmailIndex {
  merchantId: MerchantId;
  origin: Origin;
  /** Restores this customer alone. */
  customerId?: CustomerId;
}

/**
 * Adds the blind index to emails that were stored without it because another customer held the email, and
 * that are free by now. Until then no reader finds their customers by email. If several customers share an
 * email, the oldest gets the index. No index leads from a freed email to the customers who wait for it, so
 * their emails are decrypted, up to a bound. An import restores the others when it reads them. Rejected: a
 * second, non-unique index of hashes, which costs every customer for the sake of few.
 * @returns the external ids of the restored customers
 */
export async function restoreEmailIndex(
  tx: Tx,
  ctx: CommandContext,
  input: RestoreEmailIndex,
): Promise<string[]> {
  const { merchantId, origin, customerId } = input;
  const emails = customerId
    ? await decryptUnindexedOf(tx, ctx, merchantId, customerId)
    : (await decryptUnindexed(tx, ctx, merchantId)).emails;
  if (emails.length === 0) return [];
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const hashes = emails.map(({ plain }) => emailHash(keys, plain));
  const rows = await tx.run(RESTORE, {
    merchantId,
    ids: emails.map(({ id }) => id),
    encrypted: emails.map(({ email }) => email),
    hashes,
  });
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
  return rows.flatMap(({ externalId }) => externalId ?? []);
}

// Each hash is looked up in the index separately: statistics know nothing of a newly read shop, and a join
// may read all of it. An email that was re-encrypted meanwhile may have changed, and waits for the next call.
const RESTORE = statement({
  params: {
    merchantId: customers.merchantId,
    ids: many(customers.id),
    encrypted: many(customers.email),
    hashes: many(customers.emailHash),
  },
  row: { id: customers.id, version: customers.version, externalId: customers.externalId },
  text(p, row) {
    const held = unnest('held', { id: p.ids, encrypted: p.encrypted, hash: p.hashes });
    const free = relation('free', held);
    const holder = alias(customers, 'holder');
    return sql`
      with ${free} as materialized (
        select distinct on (${held.hash}) ${columns(held)} from ${held}
         where (select ${holder.id} from ${customers} as ${holder}
                 where ${holder.merchantId} = ${p.merchantId} and ${holder.emailHash} = ${held.hash}
                 limit 1) is null
         order by ${held.hash}, ${held.id})
      update ${customers} set ${assign(customers, {
        emailHash: free.hash,
        version: sql`${customers.version} + 1`,
      })}
        from ${free}
       where ${customers.merchantId} = ${p.merchantId} and ${customers.id} = ${free.id}
         and ${customers.email} = ${free.encrypted} and ${customers.emailHash} is null
      returning ${row}`;
  },
});
