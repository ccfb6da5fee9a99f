import { sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import {
  appendAudit,
  appendToOutbox,
  assign,
  columns,
  customers,
  erasureTombstones,
  insertSelect,
  isLive,
  many,
  oneOf,
  relation,
  statement,
  unnest,
  type Origin,
  type Tx,
} from '@core/db';
import type { CommandContext } from '../core/index.ts';
import { lockErasureShared } from './persons/erasure-lock.ts';
import { externalIdTombstones } from './persons/tombstones.ts';

export interface DeleteCustomers {
  merchantId: MerchantId;
  /** Such as gid://shopify/Customer/7. */
  externalIds: readonly ExternalId[];
  /** The path that reported the deletion in the source. */
  origin: 'import' | 'webhook';
}

interface Gone {
  merchantId: MerchantId;
  externalIds: readonly ExternalId[];
  origin: Origin;
  /** The customer that these were merged into. */
  mergedInto?: CustomerId | undefined;
}

/**
 * The changed fields of a deletion: all, because readers no longer find the customer. An erasure lists the
 * same.
 */
const EVERY_FIELD = ['email', 'external_id', 'metadata', 'rfm_score'];

/**
 * Marks customers that the source no longer has as deleted, so that no read finds them. Customers deleted or
 * erased earlier stay as they are. Each deletion has one event, the call one audit row.
 *
 * The row keeps its ids, for the audit, and so that a customer who reappears in the source keeps the id that
 * others know. It loses the score, and the email with its blind index: no reader may see them any more. A
 * person who signs up again with that email must become a separate customer, and not be refused because of
 * one that no reader sees. The hash of the source's last content is cleared too, so that its next content
 * counts as new.
 *
 * A customer who is unknown here is stored as deleted at version 0, without an event: the creation may still
 * arrive after the deletion. If the customer does appear, the row becomes version 1, and the event is
 * customer.created.
 * @returns how many of these customers existed until now
 */
export async function deleteCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: DeleteCustomers,
): Promise<{ deleted: number }> {
  const deleted = await softDelete(tx, ctx, input);
  const [only] = deleted.length === 1 ? deleted : [];
  if (deleted.length > 0) {
    const { merchantId, origin } = input;
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: only,
      action: 'customer.delete',
      detail: { origin, customers: deleted.length },
    });
  }
  return { deleted: deleted.length };
}

const { merchantId, id, externalId, version, mergedInto } = customers;

// statement_timestamp(), not now(): a customer read before the deletion must not count as returned.
const SOFT_DELETE = statement({
  params: { merchantId, externalIds: many(externalId), mergedInto },
  row: { id, version },
  text(p, row) {
    const gone = relation('gone', { id });
    return sql`
      with ${gone} as materialized (
        select ${columns({ id })} from ${customers}
         where ${merchantId} = ${p.merchantId} and ${oneOf(externalId, p.externalIds)} and ${isLive()}
         order by ${id} for update)
      update ${customers} set ${assign(customers, {
        deletedAt: sql`statement_timestamp()`,
        mergedInto: p.mergedInto,
        email: sql`null`,
        emailHash: sql`null`,
        rfmScore: sql`null`,
        contentHash: sql`null`,
        version: sql`${version} + 1`,
      })}
        from ${gone}
       where ${merchantId} = ${p.merchantId} and ${id} = ${gone.id}
      returning ${row}`;
  },
});

/**
 * Writes the rows and events of a deletion, without its audit row. @returns ids of those that existed until
 * now
 */
export async function softDelete(tx: Tx, ctx: CommandContext, gone: Gone): Promise<CustomerId[]> {
  const { merchantId, externalIds, origin, mergedInto } = gone;
  if (externalIds.length === 0) return [];
  await lockErasureShared(tx, { merchantId });
  // First, because this insert waits for a transaction that is creating one of the customers. The update
  // below then sees that row.
  await noteUnknown(tx, ctx, gone);
  const rows = await tx.run(SOFT_DELETE, { merchantId, externalIds, mergedInto });
  await appendToOutbox(
    tx,
    rows.map(({ id, version }) => ({
      merchantId,
      customerId: id,
      version,
      changedFields: EVERY_FIELD,
      origin,
      traceparent: ctx.traceparent,
    })),
  );
  return rows.map(({ id }) => id);
}

const NOTE_UNKNOWN = statement({
  params: {
    merchantId,
    externalIds: many(externalId),
    markedIds: many(externalId),
    marks: many(erasureTombstones.hash),
    mergedInto,
  },
  text(p) {
    const mark = unnest('mark', { externalId: p.markedIds, hash: p.marks });
    const given = unnest('given', { externalId: p.externalIds });
    const erased = relation('erased', { externalId });
    const t = erasureTombstones;
    const known = alias(customers, 'known');
    return sql`
      with ${erased} as (
        select ${columns({ externalId: mark.externalId })} from ${mark}
          join ${t} on ${t.merchantId} = ${p.merchantId} and ${t.kind} = 'external_id' and ${t.hash} = ${mark.hash})
      ${insertSelect(customers, {
        merchantId: p.merchantId,
        externalId: given.externalId,
        deletedAt: sql`statement_timestamp()`,
        mergedInto: p.mergedInto,
        version: sql`0`,
      })}
        from ${given}
       where ${given.externalId} not in (select ${erased.externalId} from ${erased})
         and not exists (
           select from ${customers} as ${known}
            where ${known.merchantId} = ${p.merchantId} and ${known.externalId} = ${given.externalId})
       order by ${given.externalId}
      on conflict do nothing`;
  },
});

/** Stores unknown customers as deleted. Skips erased ids: nothing may be stored about them again. */
async function noteUnknown(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, externalIds, mergedInto }: Gone,
): Promise<void> {
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const marks = externalIds.flatMap((id) => externalIdTombstones(keys, id).map((hash) => ({ id, hash })));
  await tx.run(NOTE_UNKNOWN, {
    merchantId,
    externalIds,
    markedIds: marks.map(({ id }) => id),
    marks: marks.map(({ hash }) => hash),
    mergedInto,
  });
}
