import type { Origin, Tx } from '@core/db';
import {
  earlierExternalIds,
  externalIdOf,
  recordChange,
  type CommandContext,
  type ExternalId,
} from '../core/index.ts';
import { CUSTOMER_NUMBER } from './customer-number.ts';
import { findHolder, mergeInto } from './merge-customers.ts';
import { holdOffErasures } from './persons/erasure-gate.ts';

export interface HealExternalIds {
  merchantId: string;
  origin: Origin;
}

const HEALED_AT_ONCE = 500;

/**
 * Gives customers the canonical form of their external id that earlier builds stored as it was given: a bare number,
 * with a query, with spaces. Where another customer has the canonical form already, both are one in the source, and
 * this one is merged into the other as mergeCustomers does.
 *
 * Rejected: a migration. It would read every customer of everybody in one transaction, could not merge, and builds of
 * before may still write behind it.
 * @param after what the page before returned
 * @returns what the next page begins after; null behind the last
 */
export async function healExternalIds(
  tx: Tx,
  ctx: CommandContext,
  input: HealExternalIds,
  after: string | null = null,
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
  input: HealExternalIds,
  externalId: ExternalId,
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

/** External ids that are no canonical gids, which the index alone passes over. @returns last: null behind the last page */
async function readOthers(
  tx: Tx,
  merchantId: string,
  after: string | null,
  limit: number,
): Promise<{ ids: string[]; last: string | null }> {
  await tx.allowStatements(LONGEST_SCAN_MIN);
  const rows = await tx.query<{ id: string }>(
    `select c.external_id as id from customers c
      where c.merchant_id = $1 and c.external_id > $2 and ${CUSTOMER_NUMBER} is null
      order by c.external_id limit $3`,
    [merchantId, after ?? '', limit],
  );
  const ids = rows.map(({ id }) => id);
  return { ids, last: ids.length < limit ? null : (ids.at(-1) ?? null) };
}

/** Several seconds for ten million customers; what takes longer hangs. */
const LONGEST_SCAN_MIN = 20;

async function heal(
  tx: Tx,
  ctx: CommandContext,
  input: HealExternalIds,
  stored: readonly string[],
): Promise<void> {
  if (stored.length === 0) return;
  // Before the rows' locks, or an erasure that waits for one of them would be waited for.
  await holdOffErasures(tx, input.merchantId);
  const rows = await tx.query<StoredId>(
    `select id, external_id as "externalId", deleted_at is null as live from customers
      where merchant_id = $1 and external_id = any($2) order by id for update`,
    [input.merchantId, stored],
  );
  for (const row of rows) {
    const externalId = externalIdOf(row.externalId);
    const holder = await findHolder(tx, input.merchantId, externalId);
    if (holder) await mergeStored(tx, ctx, input, row, holder);
    else await rename(tx, ctx, input, row, externalId);
  }
}

interface StoredId extends Record<string, unknown> {
  id: string;
  /** As an earlier build stored it. */
  externalId: string;
  live: boolean;
}

/** It gives the id up, or it would be found in the other form for ever. */
async function mergeStored(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: HealExternalIds,
  { id, externalId, live }: StoredId,
  survivorId: string,
): Promise<void> {
  const mergedExternalId = externalId as ExternalId;
  if (live) await mergeInto(tx, ctx, { merchantId, mergedExternalId, origin }, survivorId);
  await tx.query(
    `update customers set external_id = null, merged_into = coalesce(merged_into, $3)
      where merchant_id = $1 and id = $2`,
    [merchantId, id, survivorId],
  );
}

/** No reader finds a deleted customer, so its change is told to nobody. */
async function rename(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, origin }: HealExternalIds,
  { id, live }: StoredId,
  externalId: ExternalId,
): Promise<void> {
  const [row] = await tx.query<{ version: number }>(
    `update customers set external_id = $3, version = version + $4::int where merchant_id = $1 and id = $2
     returning version`,
    [merchantId, id, externalId, live ? 1 : 0],
  );
  if (!row || !live) return;
  const change = { merchantId, customerId: id, version: row.version, changedFields: ['external_id'], origin };
  await recordChange(tx, ctx, change, { action: 'customer.update', detail: { origin } });
}
