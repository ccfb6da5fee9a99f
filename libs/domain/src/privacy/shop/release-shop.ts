import { sql } from 'drizzle-orm';
import type { MerchantId } from '@core/contracts';
import { appendAudit, build, privacyRequests, statement, type Tx } from '@core/db';
import { notFound } from '@core/runtime';
import type { CommandContext } from '../../core/index.ts';
import {
  disconnectShop,
  isConnected,
  lockShopOfMerchant,
  refusePendingRedaction,
} from '../../imports/index.ts';
import { isRequest, REQUEST_REF } from '../requests/request-ref.ts';
import { recordShopRedaction } from './record-shop-redaction.ts';

export interface ReleaseShop {
  merchantId: MerchantId;
  /** Lower case. */
  shop: string;
  /** The id of the request that is recorded; a new one. */
  requestId: string;
  /** Whether the redaction starts without the wait in which it can be cancelled. */
  now: boolean;
}

const START_NOW = statement({
  params: REQUEST_REF,
  text: (p) =>
    build
      .update(privacyRequests)
      // Confirmed, because an operator requests it: a burst of webhooks does not hold it.
      .set({ notBefore: sql`now()`, confirmedAt: sql`now()` })
      .where(isRequest(p)),
});

/**
 * Takes a shop from a merchant that has connected it by mistake, so that its owner can connect it: ends the
 * connection, and records a redaction of the shop's data. The redaction is about no installation, so a
 * connection by the same merchant in the meantime does not supersede it. Rejected: only to delete the entry
 * of the directory. The data of the shop would stay with the wrong merchant, and no shop/redact would find
 * it any more.
 * @throws CoreError not_found when the merchant does not have the shop; failed_precondition when a redaction
 *   of the shop is pending
 */
export async function releaseShop(
  tx: Tx,
  ctx: CommandContext,
  { merchantId, shop, requestId, now }: ReleaseShop,
): Promise<void> {
  if (!(await lockShopOfMerchant(tx, { merchantId, shop }))) throw notFound('shop');
  await refusePendingRedaction(tx, { merchantId, shop });
  if (await isConnected(tx, { merchantId, shop })) await disconnectShop(tx, ctx, { merchantId, shop });
  await recordShopRedaction(tx, ctx, { merchantId, requestId, shop });
  if (now) await tx.run(START_NOW, { merchantId, requestId });
  await appendAudit(tx, ctx, {
    merchantId,
    action: 'shop.release',
    detail: { shop, request_id: requestId, now },
  });
}
