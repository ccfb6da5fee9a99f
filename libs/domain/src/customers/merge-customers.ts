import { and, eq, isNotNull, isNull } from 'drizzle-orm';
import type { CustomerId, ExternalId, MerchantId } from '@core/contracts';
import { appendAudit, build, customers, statement, type Origin, type Tx } from '@core/db';
import { invalid } from '@core/runtime';
import type { CommandContext } from '../core/index.ts';
import { markGone } from './delete-customers.ts';
import { healEmails } from './emails/heal-emails.ts';
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
 * Deletes the merged customer as deleteCustomers does, and remembers the survivor: the merged id answers not
 * found, with the survivor's. The survivor keeps its id and its data; the source's own update brings what the
 * merge changed in it. A survivor who is unknown here is stored by its external id alone, for it does live in
 * the source: waiting for an import to bring it would lose the merge with the wait. An erased survivor stays
 * erased. The source's update may have come first, with an email that the merged customer still held: the
 * survivor's is indexed now.
 * @returns whether anything was not known before
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
 * @param survivor our own id of it; null: it was erased
 * @returns whether anything was not known before
 */
export async function mergeInto(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, mergedExternalId, origin }: Merged,
  survivor: CustomerId | null,
): Promise<boolean> {
  const mergedInto = survivor ?? undefined;
  const gone = await markGone(tx, ctx, { merchantId, externalIds: [mergedExternalId], origin, mergedInto });
  const pointed = survivor ? await pointAt(tx, merchantId, mergedExternalId, survivor) : [];
  const changed = [...gone, ...pointed];
  const healed = survivor ? await healEmails(tx, ctx, { merchantId, origin, customerId: survivor }) : [];
  if (changed.length > 0) {
    await appendAudit(tx, ctx, {
      merchantId,
      customerId: changed[0],
      action: 'customer.merge',
      detail: { origin, survivor },
    });
  }
  return changed.length + healed.length > 0;
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

/** Our own id of the customer who has this external id, deleted and erased ones included. */
export const findHolder = async (
  tx: Tx,
  merchantId: MerchantId,
  externalId: ExternalId,
): Promise<CustomerId | null> => {
  const [row] = await tx.run(HOLDER, { merchantId, externalId });
  return row?.id ?? null;
};

/** As old as can be, so that whatever the source says of it is newer. @returns null: erased */
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

/** For one that was deleted before the merge was heard of: no reader sees a change, so there is no event. */
const pointAt = async (
  tx: Tx,
  merchantId: MerchantId,
  externalId: ExternalId,
  survivor: CustomerId,
): Promise<CustomerId[]> =>
  (await tx.run(POINT_AT, { merchantId, externalId, survivor })).map(({ id }) => id);
