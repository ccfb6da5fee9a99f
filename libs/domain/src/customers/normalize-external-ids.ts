import { and, eq, sql } from 'drizzle-orm';
import {
  earlierExternalIds,
  externalIdOf,
  type CustomerId,
  type ExternalId,
  type MerchantId,
} from '@core/contracts';
import {
  bool,
  build,
  customers,
  limit,
  many,
  oneOf,
  statement,
  type Origin,
  type RowOf,
  type Tx,
} from '@core/db';
import { type CommandContext, recordChange } from '../core/index.ts';
import { customerNumber } from './customer-number.ts';
import { findHolder, mergeInto } from './merge-customers.ts';
import { lockErasureShared } from './persons/erasure-lock.ts';

export interface NormalizeExternalIds {
  merchantId: MerchantId;
  origin: Origin;
}

interface NormalizedPage {
  /** The result of the previous page; null for the first. */
  after: string | null;
}

const NORMALIZED_AT_ONCE = 500;

/**
 * Gives customers the canonical form of their external id where an earlier build stored it as given: as a
 * bare number, with a query, with spaces. If another customer already has the canonical form, both are one
 * customer in the source, and this one is merged into the other as mergeCustomers does.
 *
 * Rejected: a migration. It would read every customer of every merchant in one transaction, could not merge,
 * and earlier builds may still write after it.
 * @returns the cursor of the next page; null after the last one
 */
export async function normalizeExternalIds(
  tx: Tx,
  ctx: CommandContext,
  { after, ...input }: NormalizeExternalIds & NormalizedPage,
): Promise<string | null> {
  const { ids, last } = await readOthers(tx, input.merchantId, after, NORMALIZED_AT_ONCE);
  await normalize(
    tx,
    ctx,
    input,
    ids.filter((id) => externalIdOf(id) !== id),
  );
  return last;
}

/**
 * Does the same for a single external id. An earlier build may have stored the bare number, which the index
 * finds. All other forms need a scan, which runs only for a customer who is not found otherwise.
 */
export async function normalizeExternalId(
  tx: Tx,
  ctx: CommandContext,
  { externalId, ...input }: NormalizeExternalIds & { externalId: ExternalId },
): Promise<void> {
  const { merchantId } = input;
  await normalize(tx, ctx, input, earlierExternalIds(externalId));
  if (await findHolder(tx, merchantId, externalId)) return;
  for (let after: string | null = null; ;) {
    const { ids, last } = await readOthers(tx, merchantId, after, READ_AT_ONCE);
    await normalize(
      tx,
      ctx,
      input,
      ids.filter((id) => externalIdOf(id) === externalId),
    );
    if (last === null) return;
    after = last;
  }
}

const READ_AT_ONCE = 5_000;

const { merchantId, id, externalId, version } = customers;

/** The id as an earlier build stored it. Never null: the statements find rows by it. */
const storedId = sql<string>`${externalId}`;

const READ_OTHERS = statement({
  params: { merchantId, after: externalId, most: limit },
  row: { id: storedId },
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${merchantId} = ${p.merchantId} and ${externalId} > ${p.after} and ${customerNumber()} is null
     order by ${externalId} limit ${p.most}`,
});

/**
 * Reads external ids that are not canonical gids; canonical ones are skipped within the index.
 * @returns last: null after the last page
 */
async function readOthers(
  tx: Tx,
  merchantId: MerchantId,
  after: string | null,
  most: number,
): Promise<{ ids: string[]; last: string | null }> {
  await tx.allowStatements(LONGEST_SCAN_MIN);
  const rows = await tx.run(READ_OTHERS, { merchantId, after: after ?? '', most });
  const ids = rows.map(({ id }) => id);
  return { ids, last: ids.length < most ? null : (ids.at(-1) ?? null) };
}

/** In minutes. A scan of ten million customers takes several seconds; one beyond this limit hangs. */
const LONGEST_SCAN_MIN = 20;

const STORED = { id, externalId: storedId, live: sql<boolean>`${customers.deletedAt} is null` };

const LOCK = statement({
  params: { merchantId, stored: many(externalId) },
  row: STORED,
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${merchantId} = ${p.merchantId} and ${oneOf(externalId, p.stored)} order by ${id} for update`,
});

async function normalize(
  tx: Tx,
  ctx: CommandContext,
  input: NormalizeExternalIds,
  stored: readonly string[],
): Promise<void> {
  if (stored.length === 0) return;
  // Taken before the rows' locks: otherwise this waits for an erasure that waits for one of these rows.
  await lockErasureShared(tx, input);
  for (const row of await tx.run(LOCK, { merchantId: input.merchantId, stored })) {
    const externalId = externalIdOf(row.externalId);
    const holder = await findHolder(tx, input.merchantId, externalId);
    if (holder) await mergeStored(tx, ctx, input, row, holder);
    else await rename(tx, ctx, input, row, externalId);
  }
}

const CLEAR_EXTERNAL_ID = statement({
  params: { merchantId, id, survivorId: customers.mergedInto },
  text: (p) =>
    build
      .update(customers)
      .set({
        externalId: sql`null`,
        mergedInto: sql`coalesce(${customers.mergedInto}, ${p.survivorId})`,
      })
      .where(and(eq(merchantId, p.merchantId), eq(id, p.id))),
});

/** Removes the old external id from the merged row, or it would be found in the old form for ever. */
async function mergeStored(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: NormalizeExternalIds,
  { id, externalId, live }: RowOf<typeof STORED>,
  survivorId: CustomerId,
): Promise<void> {
  // The stored form, because the row is found by it.
  const mergedExternalId = externalId as ExternalId;
  if (live) await mergeInto(tx, ctx, { merchantId, mergedExternalId, origin }, survivorId);
  await tx.run(CLEAR_EXTERNAL_ID, { merchantId, id, survivorId });
}

const RENAME = statement({
  params: { merchantId, id, externalId, bumpsVersion: bool },
  row: { version },
  text: (p, row) =>
    build
      .update(customers)
      .set({ externalId: p.externalId, version: sql`${version} + ${p.bumpsVersion}::int` })
      .where(and(eq(merchantId, p.merchantId), eq(id, p.id)))
      .returning(row),
});

/** Appends no event for a deleted customer, because no reader finds it. */
async function rename(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: NormalizeExternalIds,
  { id, live }: RowOf<typeof STORED>,
  externalId: ExternalId,
): Promise<void> {
  const [row] = await tx.run(RENAME, { merchantId, id, externalId, bumpsVersion: live });
  if (!row || !live) return;
  const change = { merchantId, customerId: id, version: row.version, changedFields: ['external_id'], origin };
  await recordChange(tx, ctx, change, { action: 'customer.update', detail: { origin } });
}
