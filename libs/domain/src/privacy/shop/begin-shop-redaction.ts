import { appendAudit, type Tx } from '@core/db';
import type { CommandContext } from '../../core/index.ts';
import { erasedOfShop } from '../places-by-action.ts';
import { counted, type ShopProgress, type ShopRedaction } from '../requests/shop-redaction.ts';
import { findOtherShops } from './find-other-shops.ts';

/** Performs the first step of a shop's redaction: from now on no data arrives from the shop. */
export async function beginShopRedaction(
  tx: Tx,
  ctx: CommandContext,
  redaction: ShopRedaction,
): Promise<ShopProgress> {
  const { merchantId, requestId } = redaction;
  const { shop } = redaction.progress;
  const whole = shop === undefined || (await findOtherShops(tx, { merchantId, shop })).length === 0;
  const { progress } = await removeAccess(tx, ctx, {
    ...redaction,
    progress: { ...redaction.progress, whole },
  });
  const { removed = {} } = progress;
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'privacy.shop_disconnect',
    detail: {
      request_id: requestId,
      imports: removed['customer_import_logs'],
      shops: removed['shopify_connections'],
      whole,
    },
  });
  return progress;
}

/**
 * Removes all places of the first turn together, because a connection cannot stay without its entry.
 * @returns how many rows were removed
 */
export async function removeAccess(
  tx: Tx,
  ctx: CommandContext,
  redaction: ShopRedaction,
): Promise<{ progress: ShopProgress; removed: number }> {
  let { progress } = redaction;
  let all = 0;
  for (const { place, remove } of erasedOfShop('first')) {
    const { removed } = await remove(tx, ctx, { ...redaction, progress });
    progress = counted(progress, place, removed);
    all += removed;
  }
  return { progress, removed: all };
}
