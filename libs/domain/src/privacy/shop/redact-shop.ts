import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { lockMerchantKeys } from '@core/crypto';
import { appendAudit, build, json, privacyRequests, statement, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { SHOP_TURNS, type ShopTurn } from '../held-place.ts';
import { erasedOfShop, UNTOUCHED_OF_SHOP } from '../places-by-action.ts';
import { searched, type ErasureReceipt } from '../requests/receipt.ts';
import { completeWaitingRedactions } from '../requests/redact-request.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import {
  counted,
  saveProgress,
  lockShopRedaction,
  type ShopProgress,
  type ShopRedaction,
} from '../requests/shop-redaction.ts';
import { supersedeShopRedaction } from '../requests/cancel-privacy-request.ts';
import { beginShopRedaction, removeAccess } from './begin-shop-redaction.ts';
import { judgeRedaction } from './judge-redaction.ts';
import { postponeRedaction } from './postpone-redaction.ts';

export interface ShopRedactionStep {
  merchantId: MerchantId;
  requestId: string;
  /** No further step follows. */
  done: boolean;
  /** Done without a redaction: the app was installed again. */
  superseded?: true;
  /**
   * The shop is connected as far as we know, and has not answered. waits: it is asked again, and the
   * redaction takes place later; erased: it has begun, because Shopify's 30 days end.
   */
  unanswered?: 'waits' | 'erased';
}

/**
 * Performs one bounded step of a waiting shop redaction; the next step continues where this one was
 * committed.
 *
 * First, new data is stopped: runs end, and the connection is removed. Then the held data is removed, one
 * batch per step. Last, the merchant's keys are destroyed: no key of this database decrypts data from a
 * backup. Writers that have already checked the keys commit before that, and their data is removed in the
 * same step. No caller is told that data was stored which then cannot be decrypted.
 *
 * Customers belong to a merchant, and nothing records which of two shops a customer belongs to. While the
 * merchant has another shop connected, only the shop's own data is removed, and the receipt reports it.
 * @returns null when no redaction waits
 */
export async function redactShopStep(tx: Tx, ctx: CommandContext): Promise<ShopRedactionStep | null> {
  const redaction = await lockShopRedaction(tx);
  if (!redaction) return null;
  const { merchantId, requestId, progress } = redaction;
  const { whole, shop, generation, isExact, at } = progress;
  const installation = { shop, generation, isExact, at: at === undefined ? undefined : new Date(at) };
  const judgement = whole === undefined && (await judgeRedaction(tx, { merchantId, ...installation }));
  if (judgement === 'superseded') {
    await supersedeShopRedaction(tx, ctx, { merchantId, requestId });
    return { merchantId, requestId, done: true, superseded: true };
  }
  if (judgement !== 'unanswered') return { merchantId, requestId, done: await step(tx, ctx, redaction) };
  if (await postponeRedaction(tx, redaction))
    return { merchantId, requestId, done: false, unanswered: 'waits' };
  return { merchantId, requestId, done: await step(tx, ctx, redaction), unanswered: 'erased' };
}

/** @returns whether it was the last step */
async function step(tx: Tx, ctx: CommandContext, redaction: ShopRedaction): Promise<boolean> {
  const { progress } = redaction;
  if (progress.whole === undefined) {
    await saveProgress(tx, redaction, await beginShopRedaction(tx, ctx, redaction));
    return false;
  }
  if (progress.nearlyDone) return destroy(tx, ctx, redaction);
  const swept = await sweep(tx, ctx, redaction);
  if (swept) {
    await saveProgress(tx, redaction, swept);
    return false;
  }
  if (progress.whole) return destroy(tx, ctx, redaction);
  await complete(tx, ctx, redaction);
  return true;
}

/** @returns the progress after one batch of the first place that holds data; null when no place does */
async function sweep(tx: Tx, ctx: CommandContext, redaction: ShopRedaction): Promise<ShopProgress | null> {
  // A shop connected in the meantime is cut off first: its runs would hold up the following places.
  const { whole } = redaction.progress;
  const { progress, removed: cut } = whole
    ? await removeAccess(tx, ctx, redaction)
    : { progress: redaction.progress, removed: 0 };
  const turns: ShopTurn[] = whole ? ['own', 'merchant', 'people'] : ['own'];
  for (const { place, remove } of turns.flatMap(erasedOfShop)) {
    const { removed, ...goesOn } = await remove(tx, ctx, redaction);
    if (removed > 0 || goesOn.after !== undefined) return { ...counted(progress, place, removed), ...goesOn };
  }
  return cut > 0 ? progress : null;
}

/**
 * Batches of data that arrived while the step waited for the keys: few, because the merchant's writers wait
 * for them.
 */
const MAX_LATE_BATCHES = 20;

/** @returns false when too much data arrived: the next step tries again */
async function destroy(tx: Tx, ctx: CommandContext, redaction: ShopRedaction): Promise<boolean> {
  await lockMerchantKeys(tx, redaction.merchantId);
  let { progress } = redaction;
  for (let batches = 0; ; batches++) {
    const late = await sweep(tx, ctx, { ...redaction, progress });
    if (!late) break;
    progress = late;
    if (batches < MAX_LATE_BATCHES) continue;
    await saveProgress(tx, redaction, { ...progress, nearlyDone: false });
    return false;
  }
  for (const { place, remove } of erasedOfShop('last')) {
    progress = counted(progress, place, (await remove(tx, ctx, redaction)).removed);
  }
  await complete(tx, ctx, { ...redaction, progress });
  return true;
}

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
    // For the operator who has to repeat it after a restore.
    ...(progress.shop === undefined ? {} : { shop: progress.shop }),
    customerId: null,
    places: [...places, ...UNTOUCHED_OF_SHOP],
  };
  await tx.run(COMPLETE, { merchantId, requestId, receipt: JSON.stringify(receipt) });
  if (whole) await completeWaitingRedactions(tx, merchantId, receipt);
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_redacted',
    detail: { request_id: requestId, customers: removed['customers'] ?? 0, keys_destroyed: whole },
  });
}
