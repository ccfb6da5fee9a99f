import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { appendAudit, build, customers, statement, type Origin, type Tx } from '@core/db';
import { invalid } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import { softDelete } from './delete-customers.ts';
import { restoreEmailIndex } from './emails/restore-email-index.ts';
import { upsertCustomers } from './upsert-customers.ts';

/** Two customers that became one in the source. */
export interface MergeCustomers {
  merchantId: MerchantId;
  /** Such as gid://shopify/Customer/7. */
  keptExternalId: ExternalId;
  mergedExternalId: ExternalId;
  origin: 'import' | 'webhook';
}

/**
 * Deletes the merged customer as deleteCustomers does, and stores the survivor: reads of the merged id return
 * not_found with the survivor's id. The survivor keeps its id and its data; the source's own update brings
 * what the merge changed in it. A survivor who is unknown here is stored with its external id alone, because
 * it exists in the source: waiting for an import to bring it would lose the merge. An erased survivor stays
 * erased. The source's update may have arrived first, with an email that the merged customer still held: then
 * the survivor's email is indexed now.
 * @returns whether anything of this is new
 * @throws CoreError invalid_argument when both are the same
 */
export async function mergeCustomers(
  tx: Tx,
  ctx: CommandContext,
  input: MergeCustomers,
): Promise<{ merged: boolean }> {
  const { merchantId, origin, keptExternalId: kept, mergedExternalId: merged } = input;
  if (kept === merged) throw invalid('kept', 'must differ from the merged customer');
  const survivor =
    (await findHolder(tx, merchantId, kept)) ?? (await storeSurvivor(tx, ctx, merchantId, kept));
  return { merged: await mergeInto(tx, ctx, { merchantId, mergedExternalId: merged, origin }, survivor) };
}

interface Merged {
  merchantId: MerchantId;
  mergedExternalId: ExternalId;
  origin: Origin;
}

/**
 * Marks one customer as merged into another.
 * @param survivor our own id of the survivor; null: it was erased
 * @returns whether anything of this is new
 */
export async function mergeInto(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, mergedExternalId, origin }: Merged,
  survivor: CustomerId | null,
): Promise<boolean> {
  const mergedInto = survivor ?? undefined;
  const gone = await softDelete(tx, ctx, { merchantId, externalIds: [mergedExternalId], origin, mergedInto });
  const pointed = survivor ? await pointAt(tx, merchantId, mergedExternalId, survivor) : [];
  const changed = [...gone, ...pointed];
  const restored = survivor
    ? await restoreEmailIndex(tx, ctx, { merchantId, origin, customerId: survivor })
    : [];
  if (changed.length > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: changed[0],
      action: 'customer.merge',
      detail: { origin, survivor },
    });
  }
  return changed.length + restored.length > 0;
}

const HOLDER = statement({
  params: { merchantId: customers.merchantId, externalId: customers.externalId },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .select(row)
      .from(customers)
      .where(and(eq(customers.merchantId, p.merchantId), eq(customers.externalId, p.externalId))),
});

/** Returns our own id of the customer with this external id, including deleted and erased ones. */
export const findHolder = async (
  tx: Tx,
  merchantId: MerchantId,
  externalId: ExternalId,
): Promise<CustomerId | null> => {
  const [row] = await tx.run(HOLDER, { merchantId, externalId });
  return row?.id ?? null;
};

/**
 * Stores a survivor with the oldest possible time, so that any report of the source is newer. @returns null:
 * erased
 */
async function storeSurvivor(
  tx: Tx,
  ctx: CommandContext,
  merchantId: MerchantId,
  externalId: ExternalId,
): Promise<CustomerId | null> {
  const survivor = { externalId, metadata: {}, sourceUpdatedAt: new Date(0) };
  await upsertCustomers(tx, ctx, { merchantId, customers: [survivor] });
  return findHolder(tx, merchantId, externalId);
}

const POINT_AT = statement({
  params: {
    merchantId: customers.merchantId,
    externalId: customers.externalId,
    survivor: customers.mergedInto,
  },
  row: { id: customers.id },
  text: (p, row) =>
    build
      .update(customers)
      .set({ mergedInto: p.survivor })
      .where(
        and(
          eq(customers.merchantId, p.merchantId),
          eq(customers.externalId, p.externalId),
          isNotNull(customers.deletedAt),
          isNull(customers.mergedInto),
        ),
      )
      .returning(row),
});

/**
 * Sets the survivor of a customer who was deleted before the merge was reported. No reader sees a change, so
 * there is no event.
 */
const pointAt = async (
  tx: Tx,
  merchantId: MerchantId,
  externalId: ExternalId,
  survivor: CustomerId,
): Promise<CustomerId[]> =>
  (await tx.run(POINT_AT, { merchantId, externalId, survivor })).map(({ id }) => id);
