import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { appendAudit, build, json, privacyRequests, statement, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { SHOP_TURNS } from '../held-place.ts';
import { erasedOfShop, TOLD_OF_SHOP } from '../walk-places.ts';
import { searched, type ErasureReceipt } from '../requests/receipt.ts';
import { completeWaitingRedactions } from '../requests/redact-request.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import {
  saveProgress,
  takeShopRedaction,
  type ShopProgress,
  type ShopRedaction,
} from '../requests/shop-redaction.ts';
import { disconnectShop } from './disconnect-shop.ts';

export interface ShopRedactionStep {
  merchantId: MerchantId;
  requestId: string;
  done: boolean;
}

/**
 * One bounded step of the redaction of a shop that waits for it; the next one goes on wherever this one was committed.
 * First nothing may come any more: runs end, the connection goes. Then what is held goes, a batch a step. Last the
 * merchant's keys are destroyed: whatever was missed, or comes from a backup, opens with no key of this database.
 *
 * Customers are a merchant's, and nothing tells which of two shops one is of: while the merchant has another shop
 * connected, only what is the shop's own goes, and the receipt says so.
 * @returns null when no redaction waits
 */
export async function redactShopStep(tx: Tx, ctx: CommandContext): Promise<ShopRedactionStep | null> {
  const redaction = await takeShopRedaction(tx);
  if (!redaction) return null;
  const done = await step(tx, ctx, redaction);
  const { merchantId, requestId } = redaction;
  return { merchantId, requestId, done };
}

/** @returns whether it was the last */
async function step(tx: Tx, ctx: CommandContext, redaction: ShopRedaction): Promise<boolean> {
  const { progress } = redaction;
  if (progress.whole === undefined) {
    await saveProgress(tx, redaction, await disconnectShop(tx, ctx, redaction));
    return false;
  }
  const turns = progress.whole ? (['own', 'merchant', 'people'] as const) : (['own'] as const);
  for (const { place, remove } of turns.flatMap(erasedOfShop)) {
    const { removed, ...goesOn } = await remove(tx, ctx, redaction);
    if (removed === 0 && goesOn.after === undefined) continue;
    await saveProgress(tx, redaction, { ...counted(progress, place, removed), ...goesOn });
    return false;
  }
  let done = progress;
  for (const { place, remove } of progress.whole ? erasedOfShop('last') : []) {
    done = counted(done, place, (await remove(tx, ctx, redaction)).removed);
  }
  await complete(tx, ctx, { ...redaction, progress: done });
  return true;
}

const counted = (progress: ShopProgress, place: string, n: number): ShopProgress => ({
  ...progress,
  removed: { ...progress.removed, [place]: (progress.removed?.[place] ?? 0) + n },
});

const COMPLETE = statement({
  params: { ...REQUEST_REF, receipt: json },
  text: (p) =>
    build
      .update(privacyRequests)
      .set({ receipt: p.receipt, completedAt: sql`now()` })
      .where(isRequest(p)),
});

async function complete(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, requestId, progress }: ShopRedaction,
): Promise<void> {
  const { whole = false, removed = {} } = progress;
  const places = SHOP_TURNS.flatMap(erasedOfShop).map(({ place, removes, remark, ifAnotherShop }) =>
    searched(place, removed[place] ?? 0, removes, whole ? remark : ifAnotherShop),
  );
  const receipt: ErasureReceipt & Pick<ShopProgress, 'shop'> = {
    // For who has to do it again after a restore.
    ...(progress.shop === undefined ? {} : { shop: progress.shop }),
    customerId: null,
    places: [...places, ...TOLD_OF_SHOP],
  };
  await tx.run(COMPLETE, { merchantId, requestId, receipt: JSON.stringify(receipt) });
  if (whole) await completeWaitingRedactions(tx, merchantId, receipt);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_redacted',
    detail: { request_id: requestId, customers: removed['customers'] ?? 0, keys_destroyed: whole },
  });
}
