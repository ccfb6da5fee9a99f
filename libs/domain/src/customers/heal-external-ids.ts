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
import { holdOffErasures } from './persons/erasure-gate.ts';

export interface HealExternalIds {
  merchantId: MerchantId;
  origin: Origin;
}

interface HealedPage {
  /** The result of the previous page; null for the first. */
  after: string | null;
}

const HEALED_AT_ONCE = 500;

/**
 * Gives customers the canonical form of their external id that earlier builds stored as it was given: a bare number,
 * with a query, with spaces. Where another customer has the canonical form already, both are one in the source, and
 * this one is merged into the other as mergeCustomers does.
 *
 * Rejected: a migration. It would read every customer of everybody in one transaction, could not merge, and builds of
 * before may still write behind it.
 * @returns what the next page begins after; null behind the last
 */
export async function healExternalIds(
  tx: Tx,
  ctx: CommandContext,
  { after, ...input }: HealExternalIds & HealedPage,
): Promise<string | null> {
  const { ids, last } = await readOthers(tx, input.merchantId, after, HEALED_AT_ONCE);
  await heal(
    tx,
    ctx,
    input,
    ids.filter((id) => externalIdOf(id) !== id),
  );
  return last;
}

/**
 * The same of a single external id. An earlier build may have stored the bare number, which the index finds; all other
 * forms have to be looked for, and only of somebody who is not found otherwise.
 */
export async function healExternalId(
  tx: Tx,
  ctx: CommandContext,
  { externalId, ...input }: HealExternalIds & { externalId: ExternalId },
): Promise<void> {
  const { merchantId } = input;
  await heal(tx, ctx, input, earlierExternalIds(externalId));
  if (await findHolder(tx, merchantId, externalId)) return;
  for (let after: string | null = null; ;) {
    const { ids, last } = await readOthers(tx, merchantId, after, READ_AT_ONCE);
    await heal(
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

/** As an earlier build stored it. It is never null: the statements find rows by it. */
const storedId = sql<string>`${externalId}`;

const READ_OTHERS = statement({
  params: { merchantId, after: externalId, most: limit },
  row: { id: storedId },
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${merchantId} = ${p.merchantId} and ${externalId} > ${p.after} and ${customerNumber()} is null
     order by ${externalId} limit ${p.most}`,
});

/** External ids that are no canonical gids, which the index alone passes over. @returns last: null behind the last page */
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

/** A scan of ten million customers takes several seconds; one beyond this limit hangs. */
const LONGEST_SCAN_MIN = 20;

const STORED = { id, externalId: storedId, live: sql<boolean>`${customers.deletedAt} is null` };

const LOCK = statement({
  params: { merchantId, stored: many(externalId) },
  row: STORED,
  text: (p, row) => sql`
    select ${row} from ${customers}
     where ${merchantId} = ${p.merchantId} and ${oneOf(externalId, p.stored)} order by ${id} for update`,
});

async function heal(
  tx: Tx,
  ctx: CommandContext,
  input: HealExternalIds,
  stored: readonly string[],
): Promise<void> {
  if (stored.length === 0) return;
  // Before the rows' locks, or an erasure that waits for one of them would be waited for.
  await holdOffErasures(tx, input);
  for (const row of await tx.run(LOCK, { merchantId: input.merchantId, stored })) {
    const externalId = externalIdOf(row.externalId);
    const holder = await findHolder(tx, input.merchantId, externalId);
    if (holder) await mergeStored(tx, ctx, input, row, holder);
    else await rename(tx, ctx, input, row, externalId);
  }
}

const GIVE_UP_ID = statement({
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

/** It gives the id up, or it would be found in the other form for ever. */
async function mergeStored(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: HealExternalIds,
  { id, externalId, live }: RowOf<typeof STORED>,
  survivorId: CustomerId,
): Promise<void> {
  // As an earlier build stored it: the row is found by it.
  const mergedExternalId = externalId as ExternalId;
  if (live) await mergeInto(tx, ctx, { merchantId, mergedExternalId, origin }, survivorId);
  await tx.run(GIVE_UP_ID, { merchantId, id, survivorId });
}

const RENAME = statement({
  params: { merchantId, id, externalId, isTold: bool },
  row: { version },
  text: (p, row) =>
    build
      .update(customers)
      .set({ externalId: p.externalId, version: sql`${version} + ${p.isTold}::int` })
      .where(and(eq(merchantId, p.merchantId), eq(id, p.id)))
      .returning(row),
});

/** No reader finds a deleted customer, so its change is told to nobody. */
async function rename(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: HealExternalIds,
  { id, live }: RowOf<typeof STORED>,
  externalId: ExternalId,
): Promise<void> {
  const [row] = await tx.run(RENAME, { merchantId, id, externalId, isTold: live });
  if (!row || !live) return;
  const change = { merchantId, customerId: id, version: row.version, changedFields: ['external_id'], origin };
  await recordChange(tx, ctx, change, { action: 'customer.update', detail: { origin } });
}
