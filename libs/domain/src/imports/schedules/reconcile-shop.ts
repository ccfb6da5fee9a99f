import type { ImportId } from '@core/contracts';
import type { Actor, Tx } from '@core/db';
import { findLastCompleted } from '../last-completed.ts';
import { planReconciliation, type DueShop } from '../shops/claim-due-shop.ts';
import { AlreadyRunning, startImport } from '../start-import.ts';

/** How soon a shop with a running import is looked at again: the import may fail. */
const AGAIN_MS = 60 * 60_000;

export interface ReconcileShop {
  due: DueShop;
  /** Milliseconds between two imports that compare the shop. */
  everyMs: number;
  now?: Date;
  random?: () => number;
}

/**
 * Starts a delta import of a claimed shop that no import has compared for `everyMs`, to find what webhooks
 * have missed. Any completed import counts, also one of a caller or a schedule. A shop without one is left to
 * its merchant: a delta import would read the whole shop. A shop gets its first time by chance, so that the
 * shops of a service do not come due together.
 *
 * Rejected: a row of import_schedules for each shop. The schedule belongs to the merchant, who has one for
 * each shop, replaces and deletes it.
 * @returns undefined when no import was started
 */
export async function reconcileShop(
  tx: Tx,
  ctx: Actor,
  { due, everyMs, now = new Date(), random = Math.random }: ReconcileShop,
): Promise<{ importId: ImportId } | undefined> {
  const { merchantId, shop } = due;
  const plan = (ms: number) => planReconciliation(tx, due, new Date(now.getTime() + ms));
  if (due.dueAt === null) {
    await plan(random() * everyMs);
    return undefined;
  }
  const last = (await findLastCompleted(tx, { merchantId, shop }))?.startedAt;
  const leftMs = last ? last.getTime() + everyMs - now.getTime() : everyMs;
  if (leftMs > 0) {
    await plan(leftMs);
    return undefined;
  }
  try {
    const started = await startImport(tx, ctx, {
      merchantId,
      shop,
      mode: 'delta',
      trigger: 'reconciliation',
    });
    await plan(everyMs);
    return started;
  } catch (error) {
    if (!(error instanceof AlreadyRunning)) throw error;
    await plan(Math.min(everyMs, AGAIN_MS));
    return undefined;
  }
}
