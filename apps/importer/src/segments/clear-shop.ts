import type { Pool } from '@core/db';
import { beginClearing, deleteSegmentWrites, storeCleared, type ClaimedSync } from '@core/domain';
import { removeMetafields, type ShopClient } from '@core/shopify';
import { inTransactionOf } from '../in-transaction-of.ts';

interface ClearDeps {
  pool: Pool;
  pace: { settleMs: number };
}

/**
 * Removes the metafields from the shop, whichever sync has written them, and what was stored of them.
 * @param shop hasSome: whether it may have metafields
 * @returns the milliseconds during which the shop may still delete what is written
 * @throws Fenced; as ShopClient
 */
export async function clearShop(
  deps: ClearDeps,
  sync: ClaimedSync,
  client: ShopClient,
  { hasSome, signal }: { hasSome: boolean; signal: AbortSignal },
): Promise<number> {
  const { pool } = deps;
  const settleMs = hasSome ? deps.pace.settleMs : 0;
  if (hasSome) {
    await inTransactionOf(sync, pool, (tx) => beginClearing(tx, { ...sync, settleMs }));
    await removeMetafields(client);
  }
  await deleteWrites(deps, sync, signal);
  return inTransactionOf(sync, pool, (tx) => storeCleared(tx, { ...sync, settleMs }));
}

/** @throws Fenced */
export async function deleteWrites(
  { pool }: Pick<ClearDeps, 'pool'>,
  sync: ClaimedSync,
  signal: AbortSignal,
): Promise<void> {
  while (!(await inTransactionOf(sync, pool, (tx) => deleteSegmentWrites(tx, sync)))) signal.throwIfAborted();
}
