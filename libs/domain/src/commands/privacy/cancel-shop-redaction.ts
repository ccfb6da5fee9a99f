import { appendAudit, type Actor, type Tx } from '@core/db';
import { lockShopRedaction, type ShopRedactionRef } from './shop-redaction.ts';

/** Why a redaction of a shop is not wanted: words, because a text of one's own may name a person. */
export const CANCEL_REASONS = ['forged', 'mistaken', 'withdrawn'] as const;
export type CancelReason = (typeof CANCEL_REASONS)[number];

/**
 * Stops the redaction of a shop for good; a step in hand is waited for. What it has removed stays removed: with keys still
 * there, for they go last. The same request_id that comes again stays cancelled; who wants it after all asks anew.
 * @returns whether it had begun
 * @throws CoreError not_found; failed_precondition when it is done or cancelled, or no redaction of a shop
 */
export async function cancelShopRedaction(
  tx: Tx,
  actor: Actor,
  { reason, ...ref }: ShopRedactionRef & { reason: CancelReason },
): Promise<{ hadBegun: boolean }> {
  const { progress } = await lockShopRedaction(tx, ref);
  const hadBegun = progress.whole !== undefined;
  const { merchantId, requestId } = ref;
  await tx.query(
    `update privacy_requests set cancelled_at = now(), cancel_reason = $3
      where merchant_id = $1 and request_id = $2`,
    [merchantId, requestId, reason],
  );
  await appendAudit(tx, actor, {
    merchantId,
    action: 'privacy.cancel',
    detail: { request_id: requestId, reason, had_begun: hadBegun },
  });
  return { hadBegun };
}
