import { and, eq, sql } from 'drizzle-orm';
import type { CustomerId, MerchantId } from '@core/contracts';
import { passphrase, type MerchantKeys } from '@core/crypto';
import {
  assign,
  build,
  customers,
  many,
  oneOf,
  RaceLost,
  runWithEvents,
  statement,
  unnest,
  type Origin,
  type Tx,
} from '@core/db';
import type { PageRow } from './page.ts';
import type { Insert, Touch, Update } from './resolve.ts';
import { INSERT_PAGE, UPDATE_PAGE } from './write-page.ts';

/**
 * Inserts all new customers of a page in one statement, with their events.
 * @returns the id of one of them, which identifies the customer when the page is one person
 * @throws RaceLost when another transaction created one of them
 */
export async function insertCustomers(
  tx: Tx,
  merchantId: MerchantId,
  keys: MerchantKeys,
  inserts: readonly Insert[],
  origin: Origin,
): Promise<CustomerId | undefined> {
  if (inserts.length === 0) return undefined;
  const page = pageOf(merchantId, keys, inserts, origin);
  const [result] = await runWithEvents(tx, INSERT_PAGE, page);
  if ((result?.written ?? 0) < inserts.length)
    throw new RaceLost('a customer of the page was created meanwhile');
  return result?.one ?? undefined;
}

/**
 * Updates all changed customers of a page in one statement, with their events.
 * @throws RaceLost when one of them changed meanwhile
 */
export async function updateCustomers(
  tx: Tx,
  merchantId: MerchantId,
  keys: MerchantKeys,
  updates: readonly Update[],
  origin: Origin,
): Promise<void> {
  if (updates.length === 0) return;
  const [result] = await runWithEvents(tx, UPDATE_PAGE, {
    ...pageOf(merchantId, keys, updates, origin),
    ids: updates.map((update) => update.id),
    versions: updates.map((update) => update.version),
    setEmails: updates.map((update) => update.setEmail),
    changedFields: updates.map((update) => update.changedFields.join(',')),
  });
  if ((result?.written ?? 0) < updates.length)
    throw new RaceLost('a customer of the page was changed meanwhile');
}

const pageOf = (
  merchantId: MerchantId,
  keys: MerchantKeys,
  writes: readonly { row: PageRow; emailHash: Buffer | null }[],
  origin: Origin,
) => ({
  merchantId,
  generation: keys.generation,
  passphrase: passphrase(keys),
  origin,
  externalIds: writes.map(({ row }) => row.externalId),
  emails: writes.map(({ row }) => row.email),
  emailHashes: writes.map(({ emailHash }) => emailHash),
  jsons: writes.map(({ row }) => row.json),
  contentHashes: writes.map(({ row }) => row.contentHash),
  sourceUpdatedAts: writes.map(({ row }) => row.sourceUpdatedAt),
});

const { merchantId, id, contentHash, sourceUpdatedAt } = customers;

const TOUCH = statement({
  params: {
    merchantId,
    ids: many(id),
    reportedAt: many(sourceUpdatedAt),
    contentHashes: many(contentHash),
  },
  text(p) {
    const reported = unnest('reported', { id: p.ids, at: p.reportedAt, contentHash: p.contentHashes });
    return sql`
      update ${customers} set ${assign(customers, {
        sourceUpdatedAt: sql`greatest(${sourceUpdatedAt}, ${reported.at})`,
        contentHash: sql`coalesce(${reported.contentHash}, ${contentHash})`,
      })}
        from ${reported}
       where ${merchantId} = ${p.merchantId} and ${id} = ${reported.id}`;
  },
});

/**
 * Stores the source's latest content hash and time where it reported nothing new: an older report that
 * arrives late must not pass for the newest one. No version and no event, because no reader sees a change.
 */
export async function touchCustomers(
  tx: Tx,
  merchantId: MerchantId,
  touches: readonly Touch[],
): Promise<void> {
  if (touches.length === 0) return;
  await tx.run(TOUCH, {
    merchantId,
    ids: touches.map((touch) => touch.id),
    reportedAt: touches.map((touch) => touch.sourceUpdatedAt),
    contentHashes: touches.map((touch) => touch.contentHash),
  });
}

const RELEASE = statement({
  params: { merchantId, ids: many(id) },
  text: (p) =>
    build
      .update(customers)
      .set({ emailHash: sql`null` })
      .where(and(eq(merchantId, p.merchantId), oneOf(id, p.ids))),
});

/** Releases the emails that other rows of the page receive. */
export async function releaseEmails(
  tx: Tx,
  merchantId: MerchantId,
  ids: readonly CustomerId[],
): Promise<void> {
  if (ids.length > 0) await tx.run(RELEASE, { merchantId, ids });
}
