import { appendAudit, appendToOutbox, LIVE, type Origin, type Tx } from '@core/db';
import { externalIdOf, type CommandContext, type ExternalId } from '../core/index.ts';
import { holdOffErasures } from './persons/erasure-gate.ts';
import { externalIdTombstones } from './persons/tombstones.ts';

export interface DeleteCustomers {
  merchantId: string;
  /** Such as gid://shopify/Customer/7. */
  externalIds: readonly string[];
  /** Who found out that the source has them no more. */
  origin: 'import' | 'webhook';
}

interface Gone {
  merchantId: string;
  externalIds: readonly ExternalId[];
  origin: Origin;
  /** The customer that these were merged into. */
  mergedInto?: string | undefined;
}

/** What a reader finds changed: all of it, for it finds the customer no more. The words of an erasure. */
const EVERY_FIELD = ['email', 'external_id', 'metadata', 'rfm_score'];

/**
 * Marks customers deleted that the source has no more: for every read they are not found. Who is deleted or erased
 * already stays as they are. Each has one event, the call one audit row.
 *
 * The row stays, with its ids, for the audit, and so that a customer who appears again in the source keeps the id
 * that others know. It loses the score, and the email with its blind index: nobody may read them any more, and who
 * signs up anew with that email must be a customer of their own, not refused for one whom nobody sees. What the
 * source said last is forgotten too, so that its next word counts as news.
 *
 * Who is not known here is written down as deleted, at version 0, which no event ever told of: a creation may still
 * be on its way behind its deletion. One who appears after all becomes version 1, and so customer.created.
 * @returns how many were there until now
 */
export async function deleteCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: DeleteCustomers,
): Promise<{ deleted: number }> {
  const externalIds = input.externalIds.map(externalIdOf);
  const deleted = await markGone(tx, ctx, { ...input, externalIds });
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

/** The rows and events of a deletion, without its audit row. @returns ids of those that were there until now */
export async function markGone(tx: Tx, ctx: CommandContext, gone: Gone): Promise<string[]> {
  const { merchantId, externalIds, origin, mergedInto } = gone;
  if (externalIds.length === 0) return [];
  await holdOffErasures(tx, merchantId);
  // First, because it waits for whoever creates one of them just now; the update then sees that row.
  await noteUnknown(tx, ctx, gone);
  const rows = await tx.query<{ id: string; version: number }>(
    `with gone as materialized (
       select id from customers
        where merchant_id = $1 and external_id = any($2) and ${LIVE}
        order by id for update)
     update customers c
        set deleted_at = clock_timestamp(), merged_into = $3, email = null, email_hash = null, rfm_score = null,
            content_hash = null, version = c.version + 1
       from gone
      where c.merchant_id = $1 and c.id = gone.id
     returning c.id, c.version`,
    [merchantId, externalIds, mergedInto ?? null],
  );
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

/** Not for erased ids: nothing may be stored of them again. */
async function noteUnknown(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, externalIds, mergedInto }: Gone,
): Promise<void> {
  const keys = await ctx.keys.findOrCreate(tx, merchantId);
  const marks = externalIds.flatMap((id) => externalIdTombstones(keys, id).map((hash) => ({ id, hash })));
  await tx.query(
    `with erased as (
       select mark.id from unnest($3::text[], $4::bytea[]) as mark (id, hash)
         join erasure_tombstones t on t.merchant_id = $1 and t.kind = 'external_id' and t.hash = mark.hash)
     insert into customers (merchant_id, external_id, deleted_at, merged_into, version)
     select $1::uuid, given.id, clock_timestamp(), $5::uuid, 0
       from unnest($2::text[]) as given (id)
      where given.id not in (select id from erased)
        and not exists (select from customers c where c.merchant_id = $1 and c.external_id = given.id)
      order by given.id
     on conflict do nothing`,
    [merchantId, externalIds, marks.map(({ id }) => id), marks.map(({ hash }) => hash), mergedInto ?? null],
  );
}
